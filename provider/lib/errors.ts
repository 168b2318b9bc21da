/**
 * An error for the user: what, where, the tool's own words and the remedy. It carries no stack, because the SDK's
 * server prints the stacks of what a provider throws.
 */
export class ProviderError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ProviderError";
    this.stack = "";
  }
}

/** Text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a file system or process call failed because the thing is not there (any more). */
export function isMissing(error: unknown): boolean {
  return hasCode(error, ["ENOENT", "ESRCH", "ENOTDIR", "ENODEV"]);
}

export function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}

/** What to do about an error of `ip`, `nft`, `nsenter` or `unshare`; empty where its own words must do. */
export function remedyFor(stderr: string): string {
  const known = remedies.find(([pattern]) => pattern.test(stderr));
  return known === undefined ? "" : known[1];
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /unknown device type|operation not supported|protocol not supported/i,
    "The kernel has no support for this kind of device or rule (bridge, veth, vxlan, nf_tables): `npx lab doctor` says which part is missing.",
  ],
  [
    /could not process rule: no such file or directory/i,
    "Either the rules name something that does not exist, or the kernel has no module for them (nft_masq, nft_nat, nft_ct): `npx lab doctor` says which.",
  ],
  [
    /operation not permitted|permission denied/i,
    "This user may not do that: run as root, or let the kernel allow user namespaces (`npx lab doctor` says how).",
  ],
  [
    /cannot open .*\/run\/netns\/|reassociate to namespace|cannot open network namespace/i,
    "The namespace is gone: `npx lab up` (or `pulumi up --refresh`) sees it and builds it again.",
  ],
  [/no space left on device|disk quota exceeded/i, "The disk is full: free some space and try again."],
];
