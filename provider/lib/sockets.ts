/** Which sockets listen, read from /proc. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hasCode, isMissing } from "./errors.ts";

/** Inodes of the sockets that listen on a TCP port, in the text of /proc/<pid>/net/tcp or tcp6. */
export function parseListening(table: string, port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const listen = "0A";
  const inodes = table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    return fields[1]?.endsWith(`:${wanted}`) && fields[3] === listen && inode !== undefined ? [inode] : [];
  });
  return new Set(inodes);
}

/** Whether one of these processes has a socket that listens on the TCP port. */
export function listens(pids: readonly number[], port: number): boolean {
  return pids.some((pid) => {
    const tables = ["tcp", "tcp6"].map((name) => parseListening(readIfThere(`/proc/${pid}/net/${name}`), port));
    const inodes = new Set(tables.flatMap((table) => [...table]));
    return inodes.size > 0 && socketsOf(pid).some((inode) => inodes.has(inode));
  });
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkIfThere(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch (error) {
    return whenGone(error, []);
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return whenGone(error, "");
  }
}

function linkIfThere(file: string): string {
  try {
    return readlinkSync(file);
  } catch (error) {
    return whenGone(error, "");
  }
}

/** A process may end, or close a file, while it is looked at. */
function whenGone<T>(error: unknown, value: T): T {
  if (isMissing(error) || hasCode(error, ["EACCES", "EPERM", "EINVAL"])) return value;
  throw error;
}
