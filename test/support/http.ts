import { setTimeout as after } from "node:timers/promises";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body; tests say what they expect in it. */
  readonly body: Record<string, unknown>;
}

export interface TicketAnswer {
  readonly total: number;
  readonly stored: number;
  readonly failed: number;
  readonly pending: number;
  readonly deleted: number;
  readonly tokens: number;
  readonly failures: { id: string; code: string; message: string }[];
}

export interface PushAnswer {
  readonly ticket: string;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: { index: number; id?: string; code: string; field: string; message: string }[];
}

export interface HitAnswer {
  readonly id: string;
  readonly score: number;
  readonly chunk: { ordinal: number; start: number; end: number; text: string };
  readonly metadata: Record<string, unknown>;
}

/** Plain HTTP calls to a stack, as any program would make them. */
export class HttpCaller {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    });
    return answerOf(response);
  }

  async send(path: string, contentType: string, body: string | ReadableStream<Uint8Array>): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method: "POST",
      body,
      headers: { "content-type": contentType },
      ...(typeof body === "string" ? {} : { duplex: "half" }),
    });
    return answerOf(response);
  }

  async push(collection: string, documents: readonly unknown[]): Promise<PushAnswer> {
    return expectStatus(
      await this.call("POST", `/v1/collections/${collection}/documents`, { documents }),
      202,
    ) as PushAnswer;
  }

  /** The ticket's status once nothing is pending. */
  async settled(ticket: string, withinMs = 120_000): Promise<TicketAnswer> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const answer = expectStatus(await this.call("GET", `/v1/tickets/${ticket}?wait=20s`), 200) as TicketAnswer;
      if (answer.pending === 0) return answer;
      if (performance.now() > deadline)
        throw new Error(`Still pending after ${withinMs} ms: ${JSON.stringify(answer)}`);
    }
  }

  async search(collection: string, body: Record<string, unknown>): Promise<HitAnswer[]> {
    const answer = expectStatus(await this.call("POST", `/v1/collections/${collection}/search`, body), 200);
    return (answer as { hits: HitAnswer[] }).hits;
  }

  /** The value of a metric without labels, or the sum over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

export function expectStatus(answer: Answer, status: number): unknown {
  if (answer.status !== status)
    throw new Error(`Answered ${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const POLL_MS = 20;

/** Resolves with the first answer that is not undefined or false; fails after the deadline, naming what was waited for. */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  withinMs = 60_000,
  everyMs = POLL_MS,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}`);
    await after(everyMs);
  }
}
