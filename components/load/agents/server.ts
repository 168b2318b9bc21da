/**
 * The service beside an external iperf3 server: answers the caller's address and hands out what the servers wrote down, which is
 * the proof of a run. Usage: server.ts <port> <folder of records> record|silent. One file without imports of ours: it is run in
 * any container that has Node.
 *   GET /                       the caller's address
 *   GET /records                sizes of all records by name, as JSON
 *   GET /records/<name>?from=N  a record from byte N on
 */
import { appendFileSync, createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";

const [port = "8080", folder = "/records", mode = "record"] = process.argv.slice(2);
const log = join(folder, "address.log");

/** IPv4 addresses of a dual-stack socket come with a prefix. */
const plain = (address: string | undefined): string => (address ?? "").replace(/^::ffff:/, "");

function noteCaller({ socket }: IncomingMessage): void {
  const { remoteAddress, remotePort, localAddress } = socket;
  const line = `${(Date.now() / 1000).toFixed(3)} ${plain(remoteAddress)} ${remotePort ?? 0} ${plain(localAddress)}\n`;
  appendFileSync(mode === "record" ? log : `${log}.other`, line);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://server");
  const name = /^\/records\/([\w.-]+)$/.exec(url.pathname)?.[1];
  if (url.pathname === "/records") {
    const sizes = readdirSync(folder).map((file) => [file, statSync(join(folder, file)).size]);
    response.setHeader("content-type", "application/json").end(JSON.stringify(Object.fromEntries(sizes)));
  } else if (name !== undefined && existsSync(join(folder, name))) {
    const from = Number(url.searchParams.get("from") ?? "0");
    createReadStream(join(folder, name), { start: Number.isInteger(from) && from >= 0 ? from : 0 }).pipe(response);
  } else if (url.pathname === "/") {
    noteCaller(request);
    response.setHeader("content-type", "text/plain").end(`${plain(request.socket.remoteAddress)}\n`);
  } else {
    response.statusCode = 404;
    response.end("nothing here\n");
  }
});
server.listen(Number(port));
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    process.exit(0);
  });
}
