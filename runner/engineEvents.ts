/** The engine's events in our words: pure. */
import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { LabEvent } from "./reporter.ts";

/** An error of the engine, of the program or of a provider. */
export interface EngineProblem {
  /** Name of the resource; blank for the stack as a whole. */
  readonly resource: string;
  readonly message: string;
}

/** Progress of one resource; undefined for events about nothing that the user made, and for unchanged resources. */
export function progressOf(event: EngineEvent): LabEvent | undefined {
  if (event.resourcePreEvent) return resourceEvent(event.resourcePreEvent.metadata, "started");
  if (event.resOutputsEvent) return resourceEvent(event.resOutputsEvent.metadata, "done");
  if (event.resOpFailedEvent) return resourceEvent(event.resOpFailedEvent.metadata, "failed");
  return undefined;
}

/** The problem that an event tells; undefined for all others and for the engine's own summary of problems told before. */
export function problemOf(event: EngineEvent): EngineProblem | undefined {
  const diagnostic = event.diagnosticEvent;
  if (diagnostic?.severity !== "error") return undefined;
  const message = plain(diagnostic.message).replace(providerDied, "the provider netlab was killed, or ended by itself");
  if (message === "" || /^(update|preview|refresh|destroy) (failed|canceled)$/.test(message)) return undefined;
  const name = diagnostic.urn === undefined ? "" : nameOf(diagnostic.urn);
  return { resource: isStack(diagnostic.urn ?? "") ? "" : name, message };
}

/** What the engine says, for a log; undefined for progress, for blank lines and for what it says to its makers. */
export function diagnosticOf(event: EngineEvent): LabEvent | undefined {
  const diagnostic = event.diagnosticEvent;
  const text = diagnostic === undefined ? "" : plain(diagnostic.message);
  if (diagnostic === undefined || text === "") return undefined;
  const { urn = "" } = diagnostic;
  // The engine also sends "debug", which its types do not name.
  const severity: string = diagnostic.severity;
  if (severity === "debug") return undefined;
  return { kind: "diagnostic", severity, resource: urn === "" || isStack(urn) ? "" : nameOf(urn), text };
}

/** Value of the stack's output `name`, from the event that registers the stack's outputs. */
export function stackOutputOf(event: EngineEvent, name: string): unknown {
  const metadata = event.resOutputsEvent?.metadata;
  if (metadata?.type !== stackType) return undefined;
  const outputs: Readonly<Record<string, unknown>> = metadata.new?.outputs ?? {};
  return outputs[name];
}

/** Problems as lines, without doubles. A provider's stack trace stays out unless `debug`. */
export function problemLines(problems: readonly EngineProblem[], debug: boolean): string[] {
  const lines = problems.map(({ resource, message }) => {
    const text = debug ? message : taskError(withoutTrace(message));
    return resource === "" ? text : `${resource}: ${text}`;
  });
  return [...new Set(lines)];
}

/** The engine's text without its colour marks such as `<{%reset%}>` and terminal colours. */
export function plain(text: string): string {
  return text
    .replaceAll(/<\{%[^%]*%\}>/g, "")
    .replaceAll(/\u001b\[[0-9;]*m/g, "")
    .trim();
}

/** The engine's words for a provider that is gone, and where it would have its output sent. */
const providerDied = /^Detected that \S+ exited prematurely[^]*$/;

const stackType = "pulumi:pulumi:Stack";
const quiet = new Set(["same", "read", "refresh"]);

function resourceEvent(metadata: StepEventMetadata, state: "started" | "done" | "failed"): LabEvent | undefined {
  if (metadata.type === stackType || metadata.type.startsWith("pulumi:providers:")) return undefined;
  if (quiet.has(metadata.op) && state !== "failed") return undefined;
  return {
    kind: "resource",
    state,
    action: metadata.op,
    type: metadata.type.slice(metadata.type.lastIndexOf(":") + 1),
    name: nameOf(metadata.urn),
  };
}

const isStack = (urn: string): boolean => urn.includes(`::${stackType}::`);
const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

/** A task's own error, without the command that the engine ran and all that it said while it waited. */
function taskError(message: string): string {
  const at = /^exit status \d+: running /.test(message) ? message.lastIndexOf("\nerror: ") : -1;
  return at === -1 ? message : message.slice(at + "\nerror: ".length);
}

function withoutTrace(message: string): string {
  return message
    .split("\n")
    .filter((line) => !/^\s+at .+(:\d+:\d+\)?|\(<anonymous>\)|\(native\))$/.test(line))
    .map((line) => line.replace(/^(Unhandled exception: )?Error: /, ""))
    .join("\n")
    .trim();
}
