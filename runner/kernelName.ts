/**
 * Names in the kernel's abstract socket namespace (see unix(7)): one process at a time has a name, it ends with its
 * process, also by kill -9, and leaves no file.
 */
import { connect, createServer, type Socket } from "node:net";
import { hasCode } from "./errors.ts";

export interface HeldName {
  /** From now on the next one can have the name. */
  release(): void;
}

/** Takes a name; undefined when another process, or another part of this one, has it. Whoever asks is told `owner`. */
export function holdName(name: string, owner: string): Promise<HeldName | undefined> {
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).end(owner));
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (hasCode(error, "EADDRINUSE")) resolve(undefined);
      else reject(error);
    });
    server.listen(`\0${name}`, () => {
      resolve({
        release: () => {
          server.close();
        },
      });
    });
  });
}

/** What the holder of a name tells about itself; undefined when nobody answers. */
export function askHolder(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket: Socket = connect(`\0${name}`);
    const tell = (): void => {
      socket.destroy();
      resolve(text === "" ? undefined : text);
    };
    socket.setEncoding("utf8").setTimeout(1_000, tell);
    socket.on("data", (part: string) => (text += part));
    socket.once("error", tell).once("end", tell);
  });
}
