/** One GET on a connection of its own, so that every question takes the path anew. */
import { get } from "node:http";

/**
 * Body of the answer without surrounding blanks.
 * @throws Error when the status is not 200, nothing answers within `timeoutMs`, or the connection fails.
 */
export function ask(url: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: timeoutMs, headers: { connection: "close" } }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (body += part));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(body.trim());
        else reject(new Error(`${url} answered ${response.statusCode ?? "nothing"}`));
      });
    });
    request.on("timeout", () => request.destroy(new Error(`${url} did not answer within ${timeoutMs} ms`)));
    request.on("error", reject);
  });
}
