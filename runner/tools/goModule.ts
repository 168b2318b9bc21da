/**
 * Tools built from the Go module proxy (the Pulumi CLI, kind). Versions and checksums of every module are those of the go.sum in
 * the folder with the tool's name, so the build is the same everywhere and nothing is resolved anew.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Registry, Tool } from "./catalogue.ts";
import { run } from "./commands.ts";
import { sha256Of, twice, Unavailable, usualPatience } from "./download.ts";
import { executables, searchPath } from "./find.ts";
import { linkProgram, replaceFolder, toolFolder } from "./folders.ts";
import type { Workshop } from "./install.ts";
import { compareVersions } from "./versions.ts";

type GoModule = Extract<Registry, { kind: "go" }>;

/** The oldest Go that fetches the newer Go a module asks for. */
const oldestGo = "1.21";

export async function installGoModule(shop: Workshop, tool: Tool, source: GoModule): Promise<string> {
  const folder = toolFolder(shop.root, "go", tool.name);
  const built = join(shop.cache, `${tool.name}-${source.version}`, `${tool.name}-go-${process.arch}`);
  await replaceFolder(folder, async (fresh) => {
    const program = join(fresh, tool.name);
    if (!(await isWhole(built))) {
      await build(shop, tool, source, program);
      await keep(program, built);
    } else {
      copyFileSync(built, program);
    }
  });
  return linkProgram(shop.root, tool.name, join(folder, tool.name));
}

async function build(shop: Workshop, tool: Tool, source: GoModule, program: string): Promise<void> {
  const go = await findGo(shop.root);
  const env = {
    GOFLAGS: "-mod=readonly -buildvcs=false",
    GO111MODULE: "on",
    GOWORK: "off",
    CGO_ENABLED: "0",
    // Without a home Go has no place for its cache.
    ...(process.env["HOME"] === undefined
      ? { GOCACHE: join(shop.cache, "go-build"), GOMODCACHE: join(shop.cache, "go-mod") }
      : {}),
  };
  const cwd = join(import.meta.dirname, tool.name);
  shop.say(`building with Go, ${source.takes} on 2 cores the first time`);
  const args = ["build", "-o", program, "-ldflags", source.ldflags, source.package];
  const onLine = (line: string): void => {
    if (line.startsWith("go: downloading")) shop.say("downloading Go modules");
  };
  // A second try goes on where the first one stopped: Go keeps what it has fetched and compiled.
  await twice(() => run(go, args, { cwd, env, timeoutS: 1800, onLine }), usualPatience.pause);
}

async function findGo(root: string): Promise<string> {
  const [go] = executables(["go"], [...searchPath(root), "/usr/local/go/bin"]);
  if (go === undefined) throw new Unavailable(`no Go on this machine (${oldestGo} or newer: https://go.dev/dl/)`);
  const said = await run(go, ["version"], { timeoutS: 30 });
  const version = /go(\d+\.\d+(?:\.\d+)?)/.exec(said)?.[1] ?? "0";
  if (compareVersions(version, oldestGo) < 0) {
    throw new Unavailable(`${go} is Go ${version}, too old to build it (${oldestGo} or newer: https://go.dev/dl/)`);
  }
  return go;
}

/** Whether the kept program is there and is still what it was when it was built. */
async function isWhole(program: string): Promise<boolean> {
  const sum = `${program}.sha256`;
  return existsSync(program) && existsSync(sum) && (await sha256Of(program)) === readFileSync(sum, "utf8").trim();
}

/** For the next clone; the checksum is written last, so a copy that was cut off is never used. */
async function keep(program: string, kept: string): Promise<void> {
  mkdirSync(join(kept, ".."), { recursive: true });
  const fresh = `${kept}.${process.pid}`;
  try {
    rmSync(`${kept}.sha256`, { force: true });
    copyFileSync(program, fresh);
    renameSync(fresh, kept);
    writeFileSync(`${kept}.sha256`, `${await sha256Of(program)}\n`);
  } finally {
    rmSync(fresh, { force: true });
  }
}
