/** Errors that a user can do something about: what, where, remedy, and the exit code that goes with them. */

/** Exit codes of `lab`, documented in its help. */
export const exitCodes = {
  ok: 0,
  /** The work failed: a run, a tool, the engine. */
  failed: 1,
  /** Bad input: settings, campaign, bundle, usage. */
  input: 2,
  /** This machine or this user cannot: missing tool, no permission, other system, full disk. */
  machine: 3,
  /** Another runner or engine holds the stack. */
  busy: 4,
  /** `lab compare` found a regression. */
  regression: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type FailureKind = "failed" | "input" | "machine" | "busy" | "interrupted" | "terminated";

export interface LabErrorOptions {
  readonly kind: FailureKind;
  /** One line for each mistake or detail. */
  readonly details?: readonly string[];
  /** What to do about it. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

export class LabError extends Error {
  readonly kind: FailureKind;
  readonly details: readonly string[];
  readonly remedy: string;

  constructor(message: string, options: LabErrorOptions) {
    super(message, { cause: options.cause });
    this.name = "LabError";
    this.kind = options.kind;
    this.details = options.details ?? [];
    this.remedy = options.remedy ?? "";
  }
}

/** Whether it is an error of the operating system, such as ENOENT. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const fullDiskRemedy =
  "make room (old bundles in results/ can go), then run the same command again: it goes on from here";

/** Whether a program's words say that it could not write. */
export const saysFullDisk = (text: string): boolean =>
  /no space left on device|disk quota exceeded|\bENOSPC\b|\bEDQUOT\b/i.test(text);

export const fullDisk = (details: readonly string[], cause?: unknown, place = ""): LabError =>
  new LabError(`no space left on the disk${place}`, { kind: "machine", details, remedy: fullDiskRemedy, cause });

/** Any error as one that can be shown: full disk and missing permission get their remedy, the rest stay as they are. */
export function toLabError(error: unknown): LabError {
  if (error instanceof LabError) return error;
  const place = hasCode(error, "ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS") ? (error.path ?? "") : "";
  if (hasCode(error, "ENOSPC", "EDQUOT")) {
    return fullDisk([messageOf(error)], error, place === "" ? "" : `, while writing ${place}`);
  }
  if (hasCode(error, "EACCES", "EPERM", "EROFS")) {
    return new LabError(`no permission: ${messageOf(error)}`, {
      kind: "machine",
      remedy: "give this user the right to write there, or run the command as the user who owns the folder",
      cause: error,
    });
  }
  return new LabError(messageOf(error), { kind: "failed", cause: error });
}
