import { request } from "node:http";

/** The status of a POST with headers that fetch would not send as they are, such as another Host. */
export function statusOf(url: string, headers: Record<string, string>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end(body);
  });
}
