/** Steps as text: one stream that `kubectl apply --server-side -f -` takes, or numbered files with notes on their order. Pure. */
import { Document, isScalar, stringify, visit } from "yaml";
import type { Examples } from "./examples.ts";
import { hidden, type NoteStep, type ObjectStep, type ReleaseStep, type Step } from "./steps.ts";

/** What a lab is made of, rendered. */
export interface Rendering {
  readonly steps: readonly Step[];
  readonly examples: Examples;
  readonly warnings: readonly string[];
  /** What it is for: cell, stack and the command that made it. */
  readonly title: string;
  readonly command: string;
}

const options = { lineWidth: 0 } as const;

/** An object as YAML; example addresses carry a comment with what they stand for. */
export function objectText(manifest: object, examples: Examples): string {
  const document = new Document(manifest, { aliasDuplicateObjects: false });
  const above: string[] = [];
  visit(document, {
    Scalar: (_, node) => {
      if (!isScalar(node) || typeof node.value !== "string") return;
      const found = examples.in(node.value);
      if (node.value === hidden) node.comment = " a secret stands here";
      else if (node.value.includes("\n") || node.value.length > 200) above.push(...found);
      else if (found.length > 0)
        node.comment = ` example: ${[...new Set(found.map((line) => line.slice(line.indexOf(": ") + 2)))].join("; ")}`;
    },
  });
  // Text blocks and long values hold no comment.
  const lines = [...new Set(above)].map((line) => `# example ${line}\n`);
  return `${lines.join("")}${document.toString(options)}`;
}

/** `helm install` of a release, with its values from a file or from standard input (`-`). */
export function helmCommand({ release, namespace, chart, version, repository }: ReleaseStep, values: string): string {
  return [
    `helm install ${release} ${chart}`,
    ...(repository === "" ? [] : [`--repo ${repository}`]),
    ...(version === "" ? [] : [`--version ${version}`]),
    `--namespace ${namespace} --timeout 5m --values ${values}`,
  ].join(" ");
}

const chartWords = ({ chart, version, repository }: ReleaseStep): string =>
  `${chart}${version === "" ? "" : ` ${version}`}${repository === "" ? "" : ` of ${repository}`}`;

const releaseTitle = (step: ReleaseStep): string =>
  `Helm release ${step.release} in ${step.namespace}: chart ${chartWords(step)}`;

const objectTitle = ({ manifest: { kind, metadata } }: ObjectStep): string =>
  `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;

const commented = (text: string, indent = ""): string =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => `# ${indent}${line}`.trimEnd())
    .join("\n");

/** A file that a command reads from standard input. */
const heredoc = (command: string, text: string): string => `${command} <<'EOF'\n${text.trimEnd()}\nEOF`;

/** Everything in one stream of YAML; what is no object stands in comments at its place. */
export function streamText({ steps, examples, warnings, title, command }: Rendering): string {
  const parts = steps.map((step, index) => {
    const number = `${index + 1}. [${step.component}] `;
    switch (step.kind) {
      case "object":
        return `---\n# ${number}${objectTitle(step)}\n${objectText(step.manifest, examples)}`;
      case "release":
        return `${commented(`${number}${releaseTitle(step)}`)}\n${secretLines(step)}${commented(
          heredoc(helmCommand(step, "-"), valuesText(step, examples)),
          "   ",
        )}\n`;
      case "note":
        return `${commented(`${number}${step.title}`)}\n${noteLines(step)
          .map((line) => `${commented(line, "   ")}\n`)
          .join("")}`;
    }
  });
  const head = [
    title,
    `Made without a cluster by: ${command}`,
    "Objects are YAML for kubectl apply --server-side; Helm releases, waits and what else must happen stand in comments at their place.",
    ...(examples.in(parts.join("\n")).length === 0
      ? []
      : [
          "Addresses and names that only a cluster can tell are examples and say so; the comment names the setting that gives the real one.",
        ]),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ];
  return `${commented(head.join("\n"))}\n\n${parts.join("\n")}`;
}

const secretLines = ({ secrets }: ReleaseStep): string =>
  secrets.map((line) => `# secret, not shown: ${line}\n`).join("");

const valuesText = (step: ReleaseStep, examples: Examples): string => objectText(step.values, examples);

function noteLines({ commands, file, details }: NoteStep): string[] {
  if (file !== undefined) {
    const [command = ""] = commands;
    return [heredoc(command.replace(file.name, "-"), file.text)];
  }
  return [...commands, ...(details === undefined ? [] : [stringify(shortened(details), options)])];
}

/** Scripts and keys cut off: they are no settings that a reader checks. */
function shortened(value: unknown): unknown {
  if (typeof value === "string") return value.length > 120 ? `${value.slice(0, 117)}…` : value;
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}

/** Files by name: objects between two waits of a component are one file; `README.md` has the order and the commands. */
export function folderFiles(rendering: Rendering): ReadonlyMap<string, string> {
  const { steps, examples } = rendering;
  const groups = grouped(steps);
  const digits = String(groups.length).length;
  const files = new Map<string, string>();
  const order = groups.map((group, index) => {
    const number = String(index + 1).padStart(Math.max(2, digits), "0");
    const [first] = group;
    if (first.kind === "object") {
      const name = `${number}-${first.component}.yaml`;
      const objects = group.filter((step) => step.kind === "object");
      files.set(name, objects.map((step) => `---\n${objectText(step.manifest, examples)}`).join(""));
      return entry(number, objects.map(objectTitle).join(", "), [`kubectl apply --server-side -f ${name}`]);
    }
    if (first.kind === "release") {
      const name = `${number}-${first.release}.values.yaml`;
      files.set(name, `# ${releaseTitle(first)}\n${valuesText(first, examples)}`);
      const secrets = first.secrets.map((line) => `Secret, not shown: ${line}.`);
      return entry(number, releaseTitle(first), [helmCommand(first, name)], secrets);
    }
    const { title: what, commands, file, details } = first;
    if (file === undefined) {
      const lines =
        details === undefined ? [] : ["", "```yaml", stringify(shortened(details), options).trimEnd(), "```"];
      return entry(number, what, commands, lines);
    }
    const name = `${number}-${file.name}`;
    files.set(name, file.text);
    return entry(
      number,
      what,
      commands.map((line) => line.replace(file.name, name)),
    );
  });
  files.set("README.md", readme(rendering, order, examples.in([...files.values(), ...order].join("\n"))));
  return files;
}

/** First line of the notes: a folder that has it was made by this, and may be made again. */
export const folderMark = "<!-- made by lab manifests: every numbered file here is replaced when it runs again -->";

/** @param shown example texts that stand in the files, each with what it stands for */
const readme = ({ title, command, warnings }: Rendering, order: readonly string[], shown: readonly string[]): string =>
  [
    folderMark,
    `# ${title}`,
    "",
    `Made without a cluster by \`${command}\`. Type the commands in this order; each step needs the ones before it. Kubeconfigs and private keys are secrets and not in here.`,
    "",
    ...(shown.length === 0
      ? []
      : [
          "Addresses and names that only a cluster can tell are examples:",
          "",
          ...shown.map((line) => line.replace(/^(\S+): /, "- `$1`: ")),
          "",
        ]),
    ...warnings.flatMap((warning) => [`Warning: ${warning}`, ""]),
    ...order,
  ].join("\n");

const entry = (number: string, what: string, commands: readonly string[], more: readonly string[] = []): string =>
  [
    `## ${number}. ${what}`,
    "",
    ...(commands.length === 0 ? [] : ["```sh", ...commands, "```", ""]),
    ...(more.length === 0 ? [] : [...more, ""]),
  ].join("\n");

/** Objects of one component that follow each other are one group; everything else stands alone. */
function grouped(steps: readonly Step[]): (readonly [Step, ...Step[]])[] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.kind === "object" && last?.[0].kind === "object" && last[0].component === step.component) last.push(step);
    else groups.push([step]);
  }
  return groups;
}
