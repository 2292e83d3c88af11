import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, inject, test } from "vitest";
import { expectStatus, HttpCaller } from "./support/http.ts";
import { startService } from "./support/processes.ts";
import { useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const PASSWORD = "pass-word-of-the-database";
const SETTINGS_KEY = "key-of-the-settings";
const METRICS_KEY = "key-of-the-scraper";
const TEXT = "What the document says is nobody else's business.";

function withPassword(url: string): string {
  const changed = new URL(url);
  changed.password = PASSWORD;
  return changed.href;
}

/** Sends bytes that are no HTTP request, with a key in them, and waits until the server hangs up. */
async function sendBroken(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined).resume();
  socket.write(`GET /v1/keys HTTP/9.9\r\nauthorization: Bearer ${SETTINGS_KEY}\r\n\r\n`);
  await once(socket, "close");
}

describe.skipIf(databaseUrl === null || redisUrl === null)("secrets", () => {
  const services = useServices(databaseUrl, redisUrl, {
    POLYSEME_LOG_LEVEL: "trace",
    POLYSEME_API_KEYS: SETTINGS_KEY,
    POLYSEME_METRICS_KEY: METRICS_KEY,
  });

  test("are in no line of the most talkative log, whatever fails, nor are texts", async () => {
    const { DATABASE_URL } = services.servers.environment;
    const [api, ingest] = await Promise.all([
      services.start("api", { DATABASE_URL: withPassword(DATABASE_URL) }),
      services.start("ingest", { DATABASE_URL: withPassword(DATABASE_URL) }),
    ]);
    const [here, there] = [new HttpCaller(api.url), new HttpCaller(ingest.url)];
    const root = { authorization: `Bearer ${SETTINGS_KEY}` };
    const body = { name: "made", role: "write" };
    const made = expectStatus(await here.call("POST", "/v1/keys", body, root), 201) as { id: string; key: string };
    const push = (documents: unknown, key: string) =>
      there.call("POST", "/v1/collections/quiet/documents", documents, { authorization: `Bearer ${key}` });
    expect((await push({ documents: [{ id: "1", text: TEXT }] }, made.key)).status).toBe(202);
    expect((await push({ id: "1", text: TEXT, metadata: TEXT }, made.key)).status).toBe(400);
    expect((await push({}, "psk_wrong-one")).status).toBe(401);
    expect((await here.call("GET", `/v1/keys?key=${SETTINGS_KEY}`)).status).toBe(401);
    expect((await fetch(`${api.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_KEY}` } })).status).toBe(
      200,
    );
    await Promise.all([sendBroken(api.url), sendBroken(ingest.url)]);
    // Its database goes away while it works: the error comes from the driver, and is answered and logged.
    await services.servers.drop();
    expect((await push({ documents: [{ id: "2", text: TEXT }] }, SETTINGS_KEY)).status).toBeGreaterThanOrEqual(500);
    await Promise.all([api.end("SIGTERM"), ingest.end("SIGTERM")]);

    expect(api.log()).toContain(`"keyId":"${made.id}"`);
    expect(ingest.log()).toMatch(/"level":"(warn|error)"/);
    for (const secret of [PASSWORD, SETTINGS_KEY, METRICS_KEY, made.key, "psk_wrong-one", TEXT])
      expect([secret, (api.log() + ingest.log()).includes(secret)]).toEqual([secret, false]);
  });

  test("are in no line of a start that fails", async () => {
    const failed = await startService("ingest", {
      DATABASE_URL: `postgres://polyseme:${PASSWORD}@127.0.0.1:1/none`,
      POLYSEME_API_KEYS: SETTINGS_KEY,
      POLYSEME_LOG_LEVEL: "trace",
    }).catch((error: unknown) => error as Error);
    expect(failed).toBeInstanceOf(Error);
    expect((failed as Error).message).toContain("Postgres is not available");
    expect((failed as Error).message).not.toContain(PASSWORD);
    expect((failed as Error).message).not.toContain(SETTINGS_KEY);
  });
});
