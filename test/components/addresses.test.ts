import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressNumber, addressRange, addressText, cidrRange, overlap, within } from "../../components/addresses.ts";

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const cidr = fc
  .tuple(number, fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => `${addressText(address - (address % 2 ** (32 - prefix)))}/${prefix}`);
const range = fc
  .tuple(number, number)
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)].map(addressText).join("-"))
  .chain((text) => fc.oneof(fc.constant(text), cidr));

describe("addresses as numbers", () => {
  it("go there and back", () => {
    fc.assert(fc.property(number, (one) => addressNumber(addressText(one)) === one));
    expect(["1.2.3", "1.2.3.256", "1.2.3.4.5", "", "a.b.c.d", "1.2.3.-4"].map(addressNumber)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });

  it("a CIDR has its power of two of addresses, and no bits beyond its prefix", () => {
    fc.assert(
      fc.property(cidr, (text) => {
        const { first, last } = cidrRange(text) ?? { first: 0, last: -1 };
        expect(last - first + 1).toBe(2 ** (32 - Number(text.split("/")[1])));
        expect(addressText(first)).toBe(text.split("/")[0]);
      }),
    );
    expect(["10.0.0.1/24", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8"].map(cidrRange)).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
    expect(addressRange("10.0.0.9-10.0.0.2")).toBeUndefined();
  });
});

describe("ranges", () => {
  it("overlap as sets of addresses do, whichever comes first", () => {
    fc.assert(
      fc.property(range, range, number, (a, b, one) => {
        expect(overlap(a, b)).toBe(overlap(b, a));
        expect(overlap(a, a)).toBe(true);
        const address = addressText(one);
        if (within(address, a) && within(address, b)) expect(overlap(a, b)).toBe(true);
        if (within(a, b)) expect(overlap(a, b)).toBe(true);
        if (!overlap(a, b)) expect(within(a, b)).toBe(false);
      }),
    );
    expect(overlap("172.18.0.0/16", "172.18.4.1-172.18.4.9")).toBe(true);
    expect(overlap("172.18.0.0/16", "172.19.0.0/16")).toBe(false);
    expect(overlap("no range", "0.0.0.0/0")).toBe(false);
  });
});
