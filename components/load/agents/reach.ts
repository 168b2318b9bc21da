/** In a pod: tries to open TCP connections to `targets` and says of each how it answered. Usage: reach.ts <port> */
import { createServer } from "node:http";
import { connect } from "node:net";

const [port = "8080"] = process.argv.slice(2);

/** A refusal is an answer too, but anybody on the way may give it: whether it counts is for the caller to say. */
function reach(target: string): Promise<string> {
  const [host = "", at = "0"] = target.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(at), timeout: 2000 });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => {
      end("connected");
    });
    socket.on("timeout", () => {
      end("no answer within 2 s");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end(error.code === "ECONNREFUSED" ? "refused" : error.message);
    });
  });
}

createServer((request, response) => {
  const targets = (new URL(request.url ?? "/", "http://pod").searchParams.get("targets") ?? "")
    .split(",")
    .filter((one) => one !== "");
  void Promise.all(targets.map(async (target) => [target, await reach(target)] as const)).then((answers) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify(Object.fromEntries(answers)));
  });
}).listen(Number(port));
process.on("SIGTERM", () => {
  process.exit(0);
});
