/** Custom resources against the schemas of their CRDs, in fixtures/crds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { parse } from "yaml";

export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly spec: unknown } } };
    }[];
  };
}

const folder = join(import.meta.dirname, "..", "fixtures", "crds");

/** Pruning is the API server's: here a field that the schema does not know is an error. Alternatives only narrow down. */
function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== "object" || node === null) return node;
  const inner = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, ["oneOf", "anyOf", "not"].includes(key) ? value : strict(value)]),
  );
  return "properties" in inner && inner["type"] === "object" ? { ...inner, additionalProperties: false } : inner;
}

const ajv = new Ajv({ strict: false, allErrors: true, logger: false })
  .addFormat("ipv4", /^\d+(\.\d+){3}$/)
  .addFormat("ipv6", /:/)
  .addFormat("cidr", /\/\d+$/)
  .addFormat("int32", true)
  .addFormat("int64", true);

/** Checks by `apiVersion kind`, compiled once. */
let checks: Map<string, ValidateFunction> | undefined;

function customChecks(): Map<string, ValidateFunction> {
  checks ??= new Map(
    readdirSync(folder).flatMap((file) => {
      const { spec } = parse(readFileSync(join(folder, file), "utf8")) as Crd;
      return spec.versions.map(({ name, schema: { openAPIV3Schema: schema } }) => [
        `${spec.group}/${name} ${spec.names.kind}`,
        ajv.compile({ ...schema, properties: { spec: strict(schema.properties.spec) } }),
      ]);
    }),
  );
  return checks;
}

/** What is wrong with an object by its schema; empty when nothing is. */
export function schemaProblems(manifest: AnyObject): string[] {
  const { apiVersion, kind } = manifest;
  const check = customChecks().get(`${apiVersion} ${kind}`);
  if (check === undefined) return [`no schema of ${apiVersion} ${kind}: put its CRD into test/fixtures/crds`];
  check(manifest);
  return (check.errors ?? []).map(({ instancePath, message = "" }) => `${kind} ${instancePath} ${message}`);
}
