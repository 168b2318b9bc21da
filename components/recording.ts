/**
 * A program run against a monitor that only writes down: what it would create, in order, with the answers of providers that are
 * not asked. `lab manifests` and the tests look at the same program that `up` runs.
 */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb.js";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";

/** One resource as the engine would be asked for it. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** What it was made with; a secret value is a `Secret`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Whether a provider makes it; else it is a component. */
  readonly custom: boolean;
  /** Reference of the provider; empty: the default one. */
  readonly provider: string;
  /** URN of the parent; empty for the stack. */
  readonly parent: string;
  /** URNs of what must be there before it. */
  readonly dependencies: readonly string[];
  /** URN of what it is deleted with, so that nobody deletes it by itself; empty: by itself. */
  readonly deletedWith: string;
}

/** In place of a secret's value. */
export class Secret {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

export interface Answers {
  /** Outputs that a provider would compute beside the inputs; `before`: what was recorded earlier. */
  readonly outputs: (made: Recorded, before: readonly Recorded[]) => Readonly<Record<string, unknown>>;
  /** Result of a provider's function. */
  readonly call: (token: string, inputs: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

export interface Recording<T> {
  readonly value: T;
  /** In the order in which the program makes them: nothing comes before what it depends on. */
  readonly resources: readonly Recorded[];
  /** What the program told its user, in order. */
  readonly messages: readonly Message[];
}

export interface Message {
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

/** The SDK's mark of a value that is not plain, and of a secret among them. */
const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** The value with `Secret` where the SDK has its mark. */
function withSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== "object" || value === null) return value;
  if ((value as Record<string, unknown>)[signature] === secretMark)
    return new Secret((value as Record<string, unknown>)["value"]);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withSecrets(inner)]));
}

/**
 * Runs `program` to its end and gives its value, resolved. One program at a time in a process.
 * @throws what the program throws, also where it computes from outputs
 */
export async function record<T>(
  program: () => Promise<pulumi.Output<T>>,
  { outputs, call }: Answers,
  names: { readonly project: string; readonly stack: string },
): Promise<Recording<T>> {
  const made: { -readonly [K in keyof Recorded]: Recorded[K] }[] = [];
  const order = new Map<string, number>();
  const key = ({ type, name }: { readonly type: string; readonly name: string }): string => `${type} ${name}`;
  let asked: RegisterResourceRequest | undefined;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom, provider }) => {
        const resource: Recorded = {
          type,
          name,
          urn: "",
          inputs: withSecrets(inputs) as Record<string, unknown>,
          custom: custom ?? false,
          provider: provider ?? "",
          parent: asked?.getParent() ?? "",
          dependencies: asked?.getDependenciesList() ?? [],
          deletedWith: asked?.getDeletedwith() ?? "",
        };
        const state = { ...(inputs as object), ...outputs(resource, made) };
        if (type !== pulumi.runtime.rootPulumiStackTypeName) made.push(resource);
        return { id: `${name}-id`, state };
      },
      call: ({ token, inputs }) => ({ ...call(token, inputs as Record<string, unknown>) }),
    },
    names.project,
    names.stack,
    false,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  // The mocks are not told who depends on whom; the request is.
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (
    request: RegisterResourceRequest,
    answer: (error: unknown, response: unknown) => void,
  ) => {
    asked = request;
    const count = made.length;
    const registering = register(request, (error, response: RegisterResourceResponse | undefined) => {
      if (resource !== undefined && response !== undefined) resource.urn = response.getUrn();
      answer(error, response);
    });
    // Written down by now, unless it is the stack itself.
    const resource = made[count];
    return registering;
  };

  // What fails in an `apply` fails whoever waits for it, and nobody may.
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  process.on("unhandledRejection", note);
  const { messages, restore } = listen();
  try {
    let result: pulumi.Output<T> | undefined;
    await pulumi.runtime.runInPulumiStack(async () => {
      pulumi.runtime.registerStackTransformation((one) => {
        order.set(key(one), order.get(key(one)) ?? order.size);
        return undefined;
      });
      result = await program();
      return {};
    });
    // Outputs resolve before the last child is registered.
    await pulumi.runtime.disconnect();
    if (failures.length > 0) throw failures[0];
    if (result === undefined) throw new Error("the program gave no output");
    const value = await resolved(result);
    return { value, messages, resources: made.toSorted((a, b) => (order.get(key(a)) ?? 0) - (order.get(key(b)) ?? 0)) };
  } finally {
    process.off("unhandledRejection", note);
    restore();
  }
}

/** Without an engine the SDK speaks on the console: its words are kept, those of others go where they went. */
function listen(): { readonly messages: readonly Message[]; readonly restore: () => void } {
  const messages: Message[] = [];
  const before = { log: console.log, warn: console.warn, error: console.error };
  for (const [name, speak] of Object.entries(before)) {
    console[name as keyof typeof before] = (...words: unknown[]) => {
      const [, level, text = ""] = /^(info|warning|error): \[runtime\] ([^]*)/.exec(String(words[0])) ?? [];
      if (level === undefined) speak(...words);
      else messages.push({ level: level as Message["level"], text });
    };
  }
  return { messages, restore: () => Object.assign(console, before) };
}

const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
