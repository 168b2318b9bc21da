/**
 * One load at a time on this machine, whichever user, project folder or campaign it belongs to. The lock is a socket with
 * a name in the kernel's abstract namespace (see unix(7)): it ends with its process, also by kill -9, and leaves no file.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../scenarios/settings.ts";
import { hasCode } from "./errors.ts";
import type { Reporter } from "./reporter.ts";

const name = "\0cni-traffic-lab-load";

/** Time between two looks, in milliseconds. */
const pause = 500;

export interface MachineLockOptions {
  readonly command: string;
  readonly report: Reporter;
  readonly stop: { readonly soft: AbortSignal };
  /** The socket's name, for tests. */
  readonly address?: string;
}

/** Waits until nothing loads on this machine, does `work`, and lets the next one in. Seconds of waiting go to `waited`. */
export async function aloneOnMachine<T>(
  { command, report, stop, address = name }: MachineLockOptions,
  work: (waited: number) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  let server = await listen(address, command);
  if (server === undefined) {
    const holder = await holderOf(address);
    report({ kind: "note", text: `waiting: ${holder} loads on this machine (Ctrl-C to stop waiting)` });
  }
  while (server === undefined && !stop.soft.aborted) {
    await sleep(pause, undefined, { signal: stop.soft }).catch(() => undefined);
    server = await listen(address, command);
  }
  try {
    // An interrupted wait goes on into the work, which sees the signal itself and does nothing.
    return await work((performance.now() - start) / 1000);
  } finally {
    server?.close();
  }
}

/** The server that is the lock; undefined when another process has it. It tells whoever asks who it is. */
function listen(address: string, command: string): Promise<Server | undefined> {
  const server = createServer((socket) =>
    socket.on("error", () => socket.destroy()).end(`${command} (pid ${process.pid})`),
  );
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (hasCode(error, "EADDRINUSE")) resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      resolve(server);
    });
  });
}

/** Who has the lock, in words. One that does not answer is not named. */
function holderOf(address: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket: Socket = connect(address);
    const tell = (): void => {
      socket.destroy();
      resolve(text === "" ? "another lab command" : text);
    };
    socket.setEncoding("utf8").setTimeout(1_000, tell);
    socket.on("data", (part: string) => (text += part));
    socket.once("error", tell).once("end", tell);
  });
}

/** Whether the lab or its generator runs on this machine, so that two of them would load each other. */
export function sharesMachine({ environment, used }: Pick<Settings, "environment" | "used">): boolean {
  return environment === "netns" || environment === "local" || used["load.placement"] === "outside";
}
