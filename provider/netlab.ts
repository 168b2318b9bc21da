/** The provider `netlab`: its table of types, and how a request of the engine reaches one. */
import type { CheckResult, DiffResult } from "@pulumi/pulumi/provider/index.js";
import { failuresOf } from "./lib/check.ts";
import { difference, driftKey } from "./lib/diff.ts";
import { messageOf, ProviderError, remedyFor } from "./lib/errors.ts";
import { whyGone } from "./lib/labs.ts";
import type { Context, ResourceType } from "./lib/resource.ts";
import { equal, isRecord, plainProperties, type Properties } from "./lib/values.ts";
import { bridge } from "./resources/bridge.ts";
import { cgroup } from "./resources/cgroup.ts";
import { lab } from "./resources/lab.ts";
import { link } from "./resources/link.ts";
import { node } from "./resources/node.ts";
import { process as processType } from "./resources/process.ts";
import { routing } from "./resources/routing.ts";
import { ruleSet } from "./resources/ruleSet.ts";
import { task } from "./resources/task.ts";
import { userNamespace } from "./resources/userNamespace.ts";
import { vxlan } from "./resources/vxlan.ts";
import type { LabRef, ResourceTypes } from "./schema.ts";

/** Every type: `netlab:index:<name>`. */
export const types: {
  [Name in keyof ResourceTypes]: ResourceType<ResourceTypes[Name]["args"], ResourceTypes[Name]["state"]>;
} = {
  Lab: lab,
  UserNamespace: userNamespace,
  Node: node,
  Bridge: bridge,
  Link: link,
  Vxlan: vxlan,
  Routing: routing,
  RuleSet: ruleSet,
  Cgroup: cgroup,
  Process: processType,
  Task: task,
};

/** What `netlab` serves, with the values of the SDK's interface in plain properties. */
export interface Served {
  readonly version: string;
  check(urn: string, olds: unknown, news: unknown): Promise<CheckResult>;
  diff(id: string, urn: string, olds: unknown, news: unknown): Promise<DiffResult>;
  create(urn: string, inputs: unknown): Promise<Created>;
  read(id: string, urn: string, props: unknown): Promise<Found>;
  update(id: string, urn: string, olds: unknown, news: unknown): Promise<{ readonly outs: Properties }>;
  delete(id: string, urn: string, props: unknown): Promise<void>;
  cancel(): Promise<void>;
}
interface Created {
  readonly id: string;
  readonly outs: Properties;
}
/** The id is empty for a resource that is gone. */
interface Found {
  readonly id: string;
  readonly props: Properties;
  readonly inputs?: Properties;
}

/** The provider's half that does not depend on the SDK: everything in plain properties. */
export function netlab(version: string, context: Context, cancel: () => void): Served {
  return {
    version,
    check: (urn, _olds, news) => Promise.resolve(check(urn, news)),
    diff: (_id, urn, olds, news) => Promise.resolve(diff(urn, plainProperties(olds), plainProperties(news))),
    create: (urn, inputs) => told(create(urn, plainProperties(inputs), context)),
    read: (id, urn, props) => told(read(id, urn, plainProperties(props), context)),
    update: (_id, urn, olds, news) => told(update(urn, plainProperties(olds), plainProperties(news), context)),
    delete: (_id, urn, props) => told(typeOf(urn).delete(plainProperties(props), context)),
    cancel: () => {
      cancel();
      return Promise.resolve();
    },
  };
}

/** Turns what the system throws (a full disk, no permission) into an error for the user. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    const remedy = remedyFor(messageOf(error));
    throw new ProviderError(`${messageOf(error)}${remedy === "" ? "" : `\n${remedy}`}`);
  }
}

type AnyType = ResourceType<Properties, Properties>;

/**
 * The type named in a URN (`urn:pulumi:<stack>::<project>::<parents>$netlab:index:Node::<name>`).
 * @throws {ProviderError} when there is none.
 */
function typeOf(urn: string): AnyType {
  const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const name = token.split(":").at(-1) ?? "";
  const found = new Map<string, unknown>(Object.entries(types)).get(name);
  if (found === undefined) {
    throw new ProviderError(`netlab has no resource type ${token}; it has ${Object.keys(types).join(", ")}`);
  }
  // The boundary to untyped properties: arguments were checked by the type's own schema, and state was made by it.
  return found as AnyType;
}

function check(urn: string, news: unknown): CheckResult {
  if (process.platform !== "linux") {
    const reason =
      "network namespaces need Linux, this is " +
      `${process.platform}: use a Linux machine, or the environments local, aks or existing`;
    return { inputs: news, failures: [{ property: "", reason }] };
  }
  return { inputs: news, failures: failuresOf(typeOf(urn).args, plainProperties(news)) };
}

function diff(urn: string, olds: Properties, news: Properties): DiffResult {
  const type = typeOf(urn);
  const { changes, replaces } = difference(Object.keys(type.args.shape), type.inPlace, olds, news);
  const more = changes && replaces.length === 0 ? (type.mustReplace?.(olds, news) ?? []) : [];
  // Names are the same before and after, so both cannot be there at once.
  return { changes, replaces: [...replaces, ...more], deleteBeforeReplace: true };
}

async function create(urn: string, inputs: Properties, context: Context): Promise<Created> {
  const type = typeOf(urn);
  if (context.signal.aborted) throw new ProviderError("interrupted");
  const lab = labOf(inputs);
  const reason = lab === undefined ? undefined : whyGone(lab);
  if (reason !== undefined) {
    throw new ProviderError(`${reason}: \`npx lab up\` (or \`pulumi up --refresh\`) sees it and builds the lab again`);
  }
  const state = await type.create(inputs, context);
  return { id: type.id(inputs), outs: withoutAbsent(state) };
}

async function read(id: string, urn: string, props: Properties, context: Context): Promise<Found> {
  const type = typeOf(urn);
  const lab = labOf(props);
  // The next create of a lab whose folder is lost sweeps what is left of it, so nothing in it counts as there.
  if (lab !== undefined && whyGone(lab) !== undefined) return { id: "", props: {} };
  const known = Object.fromEntries(Object.entries(props).filter(([key]) => key !== driftKey));
  const reading = await type.read(known, context);
  if (reading.gone) return { id: "", props: {} };
  const state = withoutAbsent(reading.state);
  const inputKeys = Object.keys(type.args.shape);
  const inputs = Object.fromEntries(Object.entries(state).filter(([key]) => inputKeys.includes(key)));
  const changed = inputKeys.some((key) => !equal(known[key], inputs[key]));
  return {
    id,
    props: reading.drift.length === 0 ? state : { ...state, [driftKey]: reading.drift },
    ...(changed ? { inputs } : {}),
  };
}

async function update(
  urn: string,
  olds: Properties,
  news: Properties,
  context: Context,
): Promise<{ readonly outs: Properties }> {
  const type = typeOf(urn);
  const known = Object.fromEntries(Object.entries(olds).filter(([key]) => key !== driftKey));
  const inputKeys = Object.keys(type.args.shape);
  const outputs = Object.fromEntries(Object.entries(known).filter(([key]) => !inputKeys.includes(key)));
  const state = type.update === undefined ? { ...outputs, ...news } : await type.update(known, news, context);
  return { outs: withoutAbsent(state) };
}

function labOf(properties: Properties): LabRef | undefined {
  // Checked by every type's schema.
  return isRecord(properties["lab"]) ? (properties["lab"] as unknown as LabRef) : undefined;
}

/** Properties without the absent ones, at every depth: the wire has no word for them. */
function withoutAbsent(state: object): Properties {
  return plainProperties(state);
}
