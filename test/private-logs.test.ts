import { describe, expect, inject, test } from "vitest";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { HttpCaller, waitUntil } from "./support/http.ts";
import { useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

/** In every text that is pushed or searched: must be in no line of any log. */
const SECRET = "zzyzxquokka4711";
const KEY = "sesame-open-0815";
const REFUSED = /"document":"refused","code":"internal","reason":"new row .* violates check constraint/;

describe.skipIf(databaseUrl === null || redisUrl === null)("the logs, at their most talkative", () => {
  const services = useServices(databaseUrl, redisUrl, {
    POLYSEME_LOG_LEVEL: "trace",
    POLYSEME_API_KEYS: KEY,
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
    OTEL_EXPORTER_OTLP_HEADERS: `x-key=${KEY}`,
  });

  test("name tickets, jobs and documents, and never a text, a query or a key", async () => {
    const all = await Promise.all([services.start("ingest"), services.start("embedder"), services.start("api")]);
    const [ingest, embedder, api] = all;
    const door = new Caller(ingest.url);
    const reader = new Caller(api.url);

    const good = Array.from({ length: 40 }, (_, i) => ({
      id: `d${i}`,
      title: SECRET,
      text: `${SECRET} number ${i}. ${`${SECRET} `.repeat(i)}`,
      metadata: { note: SECRET },
    }));
    const { ticket } = await door.push("private", good);
    await door.settled(ticket);
    // Refused, one by one and as a whole.
    await door.call("POST", "/v1/collections/private/documents", { documents: [{ id: 7, text: SECRET }] });
    await door.call("POST", "/v1/collections/private/documents", { id: "x", text: SECRET, [SECRET]: 1 });
    const cut = `{"id":"n1","text":"${SECRET}\n{"id":"n2","text":${SECRET}}\n"${SECRET}"\n`;
    await door.sendLines("/v1/collections/private/documents", cut);
    await door.sendLines("/v1/collections/private/documents", `{"id":"n3","text":"${SECRET}"}`, "application/json");
    await door.call("POST", `/v1/collections/private/documents/delete`, { filter: { note: SECRET } });
    await reader.call("POST", "/v1/collections/private/search", { query: SECRET });
    await reader.call("POST", "/v1/collections/private/search", { query: SECRET, mode: SECRET });
    await reader.call("POST", "/v1/collections/nowhere/search", { query: SECRET });
    await reader.call("POST", "/v1/inspect", { text: SECRET });
    await reader.call("POST", "/v1/inspect", { text: SECRET, model: "no-such-model" });
    await reader.call("POST", "/v1/embeddings", { input: SECRET, model: "all-MiniLM-L6-v2" });
    await fetch(`${api.url}/v1/collections`, { headers: { authorization: `Bearer wrong-${KEY}` } });

    // The inbox: one that is taken and one that is refused.
    const connection = new Redis(redisUrl ?? "", { maxRetriesPerRequest: null });
    const inbox = new Queue("polyseme-inbox", {
      connection,
      prefix: services.servers.environment.POLYSEME_QUEUE_PREFIX,
    });
    await inbox.add("document", { collection: "private", id: "inbox", text: SECRET });
    await inbox.add("document", { collection: "private", id: "", text: SECRET });
    await waitUntil("the bad job has failed", async () => (await inbox.getFailedCount()) === 1);
    await inbox.close();
    connection.disconnect();

    // Postgres refuses a row and quotes it, and then a search fails.
    const database = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
    await database.connect();
    const chunks =
      "select oid::regclass::text as name from pg_class where relname ~ '^chunks_\\d+_\\d+$' and relkind = 'r'";
    const [table] = (await database.query<{ name: string }>(chunks)).rows;
    await database.query(`alter table ${table?.name ?? ""} add constraint no_text check (length(text) < 0) not valid`);
    await door.push("private", [{ id: "refused", text: SECRET }]);
    await waitUntil("the worker has said why it tries this one again", () =>
      Promise.resolve(REFUSED.test(embedder.log())),
    );
    await database.query(`alter table ${table?.name ?? ""} rename column embedding to gone`);
    const { status } = await reader.call("POST", "/v1/collections/private/search", { query: SECRET });
    expect(status).toBe(500);
    await database.end();

    await Promise.all(all.map((service) => service.end("SIGTERM")));
    const lines = all.map((service) => service.log());
    for (const log of lines) {
      expect(log).not.toContain(SECRET);
      expect(log).not.toContain(KEY);
    }
    expect(lines[0]).toContain(ticket);
    const jobs = /"jobs":\["(j\d+-0)"/.exec(lines[0] ?? "")?.[1];
    expect(jobs).toBeDefined();
    expect(lines[1]).toContain(`"job":"${jobs}"`);
    expect(lines[1]).toContain('"d39"');
    expect(lines[1]).toContain("job done");
    expect(lines[2]).toContain("request failed");
  });
});

class Caller extends HttpCaller {
  override call(method: string, path: string, body?: unknown): ReturnType<HttpCaller["call"]> {
    return super.call(method, path, body, { authorization: `Bearer ${KEY}` });
  }

  async sendLines(path: string, body: string, contentType = "application/x-ndjson"): Promise<void> {
    const headers = { "content-type": contentType, authorization: `Bearer ${KEY}` };
    await (await fetch(this.url + path, { method: "POST", body, headers })).text();
  }
}
