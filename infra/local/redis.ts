import { access } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { makePrivate } from "./account.ts";
import type { Account } from "./command.ts";
import { HOST, type Server } from "./keep-running.ts";
import { spawnDetached, type StopSignals } from "./process-identity.ts";

export const REDIS_STOP: StopSignals = [
  ["SIGTERM", 10_000],
  ["SIGKILL", 5_000],
];

/** Where to find a Redis on this port. */
export function redisUrlOf(port: number): string {
  return `redis://${HOST}:${port}`;
}

/** A Redis with its data in `home`, open to this machine alone, that keeps queues: it never evicts, and writes what it is told. */
export function redisServer(program: string, home: string, account: Account | undefined): Server {
  const data = join(home, "redis");
  const logFile = join(home, "redis.log");
  return {
    name: "Redis",
    logFile,
    stopSignals: REDIS_STOP,
    async start(port) {
      await makePrivate(data, account);
      const settings = {
        port: String(port),
        bind: HOST,
        dir: data,
        daemonize: "no",
        appendonly: "yes",
        appendfsync: "everysec",
        "maxmemory-policy": "noeviction",
        save: "",
      };
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
      return spawnDetached(program, args, { logFile, cwd: data, account });
    },
    async check(port) {
      await access(data);
      await checkRedis(port);
    },
  };
}

/** Returns when the server on this port answers a PING, which it does once its data is loaded. */
export function checkRedis(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, timeout: 3_000 });
    let answer = "";
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`Redis on port ${port}: ${reason}`));
    };
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write("PING\r\n"));
    socket.on("error", (error) => {
      fail(error.message);
    });
    socket.on("timeout", () => {
      fail("no answer");
    });
    socket.on("close", () => {
      fail("closed the connection");
    });
    socket.on("data", (text: string) => {
      answer += text;
      if (!answer.includes("\r\n")) return;
      if (!answer.startsWith("+PONG")) {
        fail(answer.trim());
        return;
      }
      resolve();
      socket.destroy();
    });
  });
}
