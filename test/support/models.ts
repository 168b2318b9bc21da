/** Objects of Kubernetes itself against the client library's models, which are made from the API server's OpenAPI document. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as client from "@kubernetes/client-node";
import { schemaProblems, type AnyObject } from "./schemas.ts";

const groups: readonly string[] = ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"];

/** What is wrong with any object by its schema: model or CRD; empty when nothing is. A kind without either is a problem too. */
export function objectProblems(manifest: AnyObject): string[] {
  const { apiVersion, kind } = manifest;
  return groups.includes(apiVersion) ? modelProblems(manifest, `V1${kind}`, kind) : schemaProblems(manifest);
}

interface Model {
  getAttributeTypeMap(): readonly { readonly baseName: string; readonly type: string }[];
}

/** Unknown fields, missing ones, and values of another type. */
function modelProblems(value: unknown, type: string, path: string): string[] {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) {
    if (!Array.isArray(value)) return [`${path} must be a list`];
    return value.flatMap((item, index) => modelProblems(item, list, `${path}[${index}]`));
  }
  const values = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (values !== undefined) {
    if (!isMap(value)) return [`${path} must be a map`];
    return Object.entries(value).flatMap(([key, item]) => modelProblems(item, values, `${path}.${key}`));
  }
  if (["string", "number", "boolean"].includes(type)) return typeof value === type ? [] : [`${path} must be a ${type}`];
  if (type === "IntOrString")
    return ["string", "number"].includes(typeof value) ? [] : [`${path} must be a number or a name`];
  const model = (client as unknown as Readonly<Record<string, Model | undefined>>)[type];
  if (model === undefined) return [`${path}: the client library has no model ${type}`];
  if (!isMap(value)) return [`${path} must be an object`];
  const fields = new Map(model.getAttributeTypeMap().map((field) => [field.baseName, field.type]));
  return [
    ...requiredFields(type)
      .filter((name) => !(name in value))
      .map((name) => `${path} lacks ${name}`),
    ...Object.entries(value).flatMap(([name, item]) => {
      const fieldType = fields.get(name);
      return fieldType === undefined
        ? [`${path} has no field ${name}`]
        : modelProblems(item, fieldType, `${path}.${name}`);
    }),
  ];
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const models = join(fileURLToPath(import.meta.resolve("@kubernetes/client-node")), "..", "gen", "models");
const required = new Map<string, readonly string[]>();

/** Fields that a model must have: only its declaration says so. */
function requiredFields(type: string): readonly string[] {
  const known = required.get(type);
  if (known !== undefined) return known;
  const text = readFileSync(join(models, `${type}.d.ts`), "utf8");
  const found = [...text.matchAll(/^ {4}'([^']+)': /gm)].map(([, name = ""]) => name);
  required.set(type, found);
  return found;
}
