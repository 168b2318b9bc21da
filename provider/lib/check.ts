/** Checking properties: every bad one is named, with what is allowed. */
import { isIP } from "node:net";
import { z } from "zod";
import { hasUnknown, isRecord, unknownValue } from "./values.ts";

export interface Failure {
  /** Path of the property, such as `peers[0].mac`. */
  readonly property: string;
  readonly reason: string;
}

/** What is wrong with properties. What a preview does not know yet is left for the real run. */
export function failuresOf(schema: z.ZodType, properties: unknown): Failure[] {
  const parsed = schema.safeParse(properties);
  const issues = parsed.success ? [] : parsed.error.issues.flatMap(flat);
  return [...issues, ...strangers(properties)]
    .filter((issue) => !touchesUnknown(properties, issue.path))
    .map((issue) => ({
      property: pathText(issue.path),
      reason: `${issue.message}${given(issue.given ?? valueAt(properties, issue.path))}`,
    }));
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** What is wrong, where it is not the value at the path. */
  readonly given?: unknown;
}

/** One issue for each bad key, with what is wrong with it. */
function flat(issue: z.core.$ZodIssue): Issue[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: "there is no such property" }));
    case "invalid_key":
      return issue.issues.map(({ message }) => ({ path: issue.path, message, given: issue.path.at(-1) }));
    default:
      return [issue];
  }
}

/** Namespaces that are not of the lab, wherever in the properties they are named. */
function strangers(properties: unknown): Issue[] {
  const lab = isRecord(properties) ? properties["lab"] : undefined;
  const id = isRecord(lab) ? lab["id"] : undefined;
  if (typeof id !== "string" || id === unknownValue) return [];
  const message = `a namespace of this lab begins with \`${id}-\``;
  const within = (value: unknown, path: readonly PropertyKey[]): Issue[] => {
    if (path.at(-1) === "netns") {
      const name = netnsName.safeParse(value);
      return name.success && !name.data.startsWith(`${id}-`) ? [{ path, message }] : [];
    }
    if (Array.isArray(value)) return value.flatMap((element, index) => within(element, [...path, index]));
    return isRecord(value) ? Object.entries(value).flatMap(([key, field]) => within(field, [...path, key])) : [];
  };
  return within(properties, []);
}

/** Whether the value at the path, or one that holds it, is unknown. */
function touchesUnknown(properties: unknown, path: readonly PropertyKey[]): boolean {
  const above = path.map((_, depth) => valueAt(properties, path.slice(0, depth)));
  return above.includes(unknownValue) || hasUnknown(valueAt(properties, path));
}

function valueAt(properties: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return typeof key === "number" ? value[key] : undefined;
    return isRecord(value) && typeof key === "string" ? value[key] : undefined;
  }, properties);
}

/** `peers[0].mac`, and `sysctls["net.ipv4.ip_forward"]` for a key that is no plain name. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, depth) => {
      if (typeof key === "number") return `[${key}]`;
      const name = String(key);
      return /^\w+$/.test(name) ? `${depth === 0 ? "" : "."}${name}` : `["${name}"]`;
    })
    .join("");
}

function given(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? `; it is ${JSON.stringify(value)}`
    : "";
}

// What the types' schemas are made of.

export const deviceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,15}$/, "a device name has 1 to 15 letters, digits, `_`, `.` or `-`");

export const shortName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, "a name has 1 to 40 small letters, digits or inner hyphens");

export const labId = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,19}$/, "a lab id has 1 to 20 small letters and digits, a letter first, and no hyphen");

export const netnsName = z
  .string()
  .regex(/^[a-z][a-z0-9]*-[a-z0-9-]+$/, "a namespace is named `<lab id>-<node>`, as a Node's `netns` gives it");

export const mtu = z
  .int("an MTU is a whole number of bytes")
  .min(576, "an MTU is at least 576 bytes")
  .max(65535, "an MTU is at most 65535 bytes");

export const port = z.int("a port is a whole number").min(1, "a port is 1 to 65535").max(65535, "a port is 1 to 65535");

export const seconds = z
  .number()
  .positive("a time is a positive number of seconds")
  .max(86400, "a time is at most a day");

export const macAddress = z
  .string()
  .regex(
    /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/,
    "a hardware address is six pairs of small hexadecimal digits, such as 02:00:00:00:00:01",
  );

export const address = z.string().refine((text) => isIP(text) !== 0, "an address is IPv4 or IPv6, such as 10.0.0.1");

export const cidr = z
  .string()
  .refine((text) => isCidr(text), "a prefix is an address, a slash and a length, such as 10.0.0.1/24");

export const routeTarget = z
  .string()
  .refine((text) => text === "default" || isCidr(text), "a route goes to `default` or to a prefix such as 10.0.0.0/24");

function isCidr(text: string): boolean {
  const [head = "", length = "", ...rest] = text.split("/");
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(head)] ?? -1;
  return rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= bits;
}

export const absolutePath = z.string().regex(/^\/[^\0]*$/, "a folder or file is given by its absolute path");

/** File name inside a folder of the lab. */
export const relativePath = z
  .string()
  .regex(
    /^(?!(.*\/)?\.{1,2}(\/|$))[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
    "a file is named relative to its folder, without `..`",
  );

export const argv = z
  .array(z.string().regex(/^[^\0]*$/, "an argument cannot hold a NUL character"))
  .min(1, "a command has at least the program's name")
  .refine((words) => words[0] !== "", "a command begins with the program's name");

export const environment = z.record(
  z
    .string()
    .regex(
      /^(?!NETLAB_)[A-Za-z_][A-Za-z0-9_]*$/,
      "a variable is named by letters, digits and `_`; NETLAB_… are the lab's own",
    ),
  z.string(),
);

export const files = z.record(relativePath, z.string());

const processRef = z.strictObject({ pid: z.int().positive(), startTime: z.int().min(0), bootId: z.string().min(1) });
export { processRef };

export const labRef = z.strictObject({
  id: labId,
  dir: absolutePath,
  path: z.array(absolutePath),
  holder: processRef.exactOptional(),
});

/** A list whose elements differ in what `key` gives; says so also when an element is bad for another reason. */
export function listOf<T extends z.ZodType>(element: T, key: (value: z.output<T>) => string, what: string) {
  return z.array(element).refine(
    (list) => {
      const keys = list.filter((value) => element.safeParse(value).success).map(key);
      return new Set(keys).size === keys.length;
    },
    { error: `${what} must differ`, when: (payload) => Array.isArray(payload.value) },
  );
}
