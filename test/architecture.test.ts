/** Who may import whom, and how long a file may be. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** What each part may import from the other parts; `types` only with `import type`. `pulumi`: the SDK; `network`: node's. */
const rules: Readonly<Record<string, { values: readonly string[]; types?: readonly string[] }>> = {
  "index.ts": { values: ["scenarios", "pulumi"] },
  scenarios: { values: ["components", "pulumi"], types: ["analysis/record.ts"] },
  components: { values: ["pulumi", "network"], types: ["provider/schema.ts", "analysis/record.ts"] },
  provider: { values: ["pulumi", "network"] },
  analysis: { values: [] },
  runner: {
    values: ["scenarios", "analysis", "provider", "components/kubernetes/tasks/api.ts", "pulumi", "network"],
  },
  // The settings table is the help that the command prints and the `-c` that it reads.
  cli: { values: ["runner", "analysis", "scenarios/settings.ts"] },
};

/** What anybody may import. */
const common = ["package.json"];

const networkModules = ["node:http", "node:https", "node:http2", "node:net", "node:dgram", "node:tls", "node:dns"];

/** Longest file, in lines, and the files that may be longer, each with its reason. */
const longest = 350;
const longer: Readonly<Record<string, string>> = {
  "test/support/thesisBundle.ts": "one bundle with known answers, of tables that are read together",
};

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

describe("import rule", () => {
  for (const part of Object.keys(rules)) {
    it(`${part} imports only what it may`, () => {
      const broken = sourcesOf(part).flatMap((file) =>
        importsOf(readFileSync(join(root, file), "utf8"))
          .map((entry) => violation(part, file, entry))
          .filter((problem) => problem !== undefined),
      );
      expect(broken).toEqual([]);
    });
  }

  it("sees a wrong import of each kind", () => {
    const of = (part: string, file: string, code: string): (string | undefined)[] =>
      importsOf(code).map((entry) => violation(part, file, entry));
    expect(of("analysis", "analysis/a.ts", 'import { up } from "../runner/lab.ts";')).not.toContain(undefined);
    expect(of("analysis", "analysis/a.ts", 'import * as pulumi from "@pulumi/pulumi";')).not.toContain(undefined);
    expect(of("analysis", "analysis/a.ts", 'import { connect } from "node:net";')).not.toContain(undefined);
    expect(of("components", "components/netns/a.ts", 'import { x } from "../../provider/schema.ts";')).not.toContain(
      undefined,
    );
    expect(of("provider", "provider/lib/a.ts", 'export type { X } from "../../runner/lab.ts";')).not.toContain(
      undefined,
    );
    expect(of("provider", "provider/lib/a.ts", 'await import("../../cli/main.ts");')).not.toContain(undefined);
    expect(
      of("components", "components/netns/a.ts", 'import type {\n  X,\n} from "../../provider/schema.ts";'),
    ).toEqual([undefined]);
    expect(of("cli", "cli/a.ts", 'import { x } from "../runner/lab.ts";\nimport { join } from "node:path";')).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe("size", () => {
  it(`no source file has more than ${longest} lines without a reason`, () => {
    const tooLong = [...Object.keys(rules), "test", "bench"]
      .flatMap(sourcesOf)
      .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length - 1 }))
      .filter(({ file, lines }) => lines > longest && longer[file] === undefined)
      .map(({ file, lines }) => `${file}: ${lines} lines`);
    expect(tooLong).toEqual([]);
  });
});

/** Why the import is not allowed, or undefined. */
function violation(part: string, file: string, { from, typeOnly }: Import): string | undefined {
  const rule = rules[part] ?? { values: [] };
  const target = from.startsWith(".") ? relative(root, resolve(root, dirname(file), from)) : outside(from);
  if (
    target === undefined ||
    common.includes(target) ||
    isPart(target, part) ||
    rule.values.some((allowed) => isPart(target, allowed))
  )
    return undefined;
  const asType = (rule.types ?? []).some((allowed) => isPart(target, allowed));
  if (asType && typeOnly) return undefined;
  return `${file} imports ${from}${asType ? ": only `import type` is allowed" : ""}`;
}

const isPart = (target: string, part: string): boolean => target === part || target.startsWith(`${part}/`);

/** The rule's word for a package; undefined when anybody may import it. */
function outside(name: string): string | undefined {
  if (name.startsWith("@pulumi/")) return "pulumi";
  return networkModules.includes(name) ? "network" : undefined;
}

/** All `from "…"`, `import "…"` and `import("…")` of a file. */
function importsOf(code: string): Import[] {
  const statements = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
  const calls = /\bimport\("([^"]+)"\)/g;
  return [
    ...[...code.matchAll(statements)].map((match) => ({ from: match[2] ?? "", typeOnly: match[1] !== undefined })),
    ...[...code.matchAll(calls)].map((match) => ({ from: match[1] ?? "", typeOnly: false })),
  ];
}

function sourcesOf(part: string): string[] {
  if (part.endsWith(".ts")) return readdirSync(root).filter((name) => name === part);
  if (!existsSync(join(root, part))) return [];
  return readdirSync(join(root, part), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|mjs|js)$/.test(name))
    .map((name) => join(part, name));
}
