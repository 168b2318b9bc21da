/** Downloads: whole and with the right checksum, or not at all. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, messageOf } from "../errors.ts";

/** Why a way to get a tool did not work; the next way may. */
export class Unavailable extends Error {
  /** Whether the same attempt may succeed a moment later. */
  readonly passing: boolean;

  constructor(message: string, options: { readonly passing?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "Unavailable";
    this.passing = options.passing ?? false;
  }
}

/** Milliseconds. */
export interface Patience {
  /** Until a host answers at all. */
  readonly connect: number;
  /** Between two pieces of a file. */
  readonly idle: number;
  /** Before the second try. */
  readonly pause: number;
}
export const usualPatience: Patience = { connect: 4_000, idle: 30_000, pause: 2_000 };

/** Fetches files; asks each host only once whether it is there, so that a machine without internet does not wait. */
export class Downloader {
  readonly #hosts = new Map<string, Promise<string | undefined>>();
  readonly #patience: Patience;

  constructor(patience: Patience = usualPatience) {
    this.#patience = patience;
  }

  /**
   * Gets `url` into `file`, which exists only when it is whole and its SHA-256 is right. A file that is there already
   * is used when its checksum is right.
   * @param progress told the bytes so far and, where the host says it, the size
   * @throws Unavailable when it cannot be had; a full disk and the like are thrown as they are
   */
  async download(
    url: string,
    file: string,
    sha256: string,
    progress: (bytes: number, size: number | undefined) => void = () => undefined,
  ): Promise<void> {
    if (existsSync(file) && (await sha256Of(file)) === sha256) return;
    const { host, origin } = new URL(url);
    const unreachable = await this.reach(origin);
    if (unreachable !== undefined) throw new Unavailable(`${host} cannot be reached (${unreachable})`);
    mkdirSync(dirname(file), { recursive: true });
    await twice(() => this.#fetchInto(url, file, sha256, progress), this.#patience.pause);
  }

  /** Undefined when the host answers, else why not. Asked once. */
  reach(origin: string): Promise<string | undefined> {
    const known = this.#hosts.get(origin);
    if (known !== undefined) return known;
    const asked = fetch(origin, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(this.#patience.connect),
    }).then(
      () => undefined,
      (error: unknown) => reasonOf(error),
    );
    this.#hosts.set(origin, asked);
    return asked;
  }

  async #fetchInto(
    url: string,
    file: string,
    sha256: string,
    progress: (bytes: number, size: number | undefined) => void,
  ): Promise<void> {
    removeOldParts(file);
    const part = `${file}.${randomUUID()}.part`;
    const stalled = new AbortController();
    const { idle } = this.#patience;
    const timer = setTimeout(() => {
      stalled.abort(new Error(`no data for ${idle / 1000} s`));
    }, idle);
    const hash = createHash("sha256");
    let bytes = 0;
    const output = await open(part, "wx");
    try {
      const response = await fetch(url, { signal: stalled.signal });
      if (!response.ok || response.body === null) {
        throw new Unavailable(`${url} answers ${response.status}`, { passing: response.status >= 500 });
      }
      const length = response.headers.get("content-length");
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        timer.refresh();
        hash.update(chunk);
        await output.writeFile(chunk);
        bytes += chunk.length;
        progress(bytes, length === null ? undefined : Number(length));
      }
      const actual = hash.digest("hex");
      if (actual !== sha256) {
        throw new Unavailable(`${url} has SHA-256 ${actual}, expected ${sha256}: it is not used`);
      }
      renameSync(part, file);
    } catch (error) {
      if (error instanceof Unavailable || isLocal(error)) throw error;
      throw new Unavailable(`${url} stopped after ${bytes} bytes (${reasonOf(error)})`, {
        passing: true,
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      await output.close();
      rmSync(part, { force: true });
    }
  }
}

/** Does it, and once more after a pause when the failure may pass. */
export async function twice<T>(attempt: () => Promise<T>, pauseMs: number): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Unavailable && error.passing)) throw error;
    await sleep(pauseMs);
    return await attempt();
  }
}

/** What killed downloads of this file have left; a part of the last hour may belong to one that runs. */
function removeOldParts(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    const path = join(dirname(file), name);
    if (!name.startsWith(`${basename(file)}.`) || !name.endsWith(".part")) continue;
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 3_600_000) rmSync(path, { force: true });
  }
}

/** SHA-256 of a file, hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest("hex");
}

/** Errors of this machine's disk: trying another source does not help. */
export const isLocal = (error: unknown): boolean =>
  hasCode(error, "ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EISDIR");

/** The innermost cause, where fetch hides what happened. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "no answer in time";
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : messageOf(error);
}
