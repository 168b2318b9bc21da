/** Property values as the engine sends them. */
import { isDeepStrictEqual } from "node:util";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Properties = Readonly<Record<string, Json>>;

/** What the engine sends in a preview for a value that is not known yet. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Plain values: secrets and outputs unwrapped, absent properties left out, unknown ones as `unknownValue`. */
export function plain(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") throw new TypeError(`a property cannot hold a ${typeof value}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const signature = fields.get(signatureKey);
  if (signature === secretSignature) return plain(fields.get("value"));
  if (signature === outputSignature) return fields.has("value") ? plain(fields.get("value")) : unknownValue;
  return plainProperties(value);
}

export function plainProperties(value: unknown): Properties {
  if (typeof value !== "object" || value === null) return {};
  const present = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  return Object.fromEntries(present.map(([key, field]) => [key, plain(field)]));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is unknown or holds an unknown one. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isRecord(value) && Object.values(value).some(hasUnknown);
}

/** Deep equality; the order of keys does not matter. */
export function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}
