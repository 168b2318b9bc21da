/** IPv4 addresses, CIDRs and ranges as numbers: the one place for their arithmetic. Pure. */

/** First and last address, as numbers; both belong to it. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** The 32 bits of an IPv4 address as a number; undefined when it is none. */
export function addressNumber(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;
}

/** The other way. */
export const addressText = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** Range of a CIDR; undefined when it is none or has bits beyond its prefix. */
export function cidrRange(text: string): AddressRange | undefined {
  const [address = "", prefix = "", ...more] = text.split("/");
  const first = addressNumber(address);
  if (first === undefined || more.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return undefined;
  const size = 2 ** (32 - Number(prefix));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

/** Range of an address, a CIDR or `first-last`; undefined when it is none of these or ends before it starts. */
export function addressRange(text: string): AddressRange | undefined {
  if (text.includes("/")) return cidrRange(text);
  const [start = "", end = start, ...more] = text.split("-");
  const [first, last] = [addressNumber(start), addressNumber(end)];
  return more.length === 0 && first !== undefined && last !== undefined && first <= last ? { first, last } : undefined;
}

/** Whether two ranges, each an address, a CIDR or `first-last`, have an address in common; false when one of them is none. */
export function overlap(a: string, b: string): boolean {
  const [left, right] = [addressRange(a), addressRange(b)];
  return left !== undefined && right !== undefined && left.first <= right.last && right.first <= left.last;
}

/** Whether every address of `inner` is in `outer`; false when one of them is no range. */
export function within(inner: string, outer: string): boolean {
  const [small, large] = [addressRange(inner), addressRange(outer)];
  return small !== undefined && large !== undefined && large.first <= small.first && small.last <= large.last;
}
