/**
 * Tools from Debian's (or Ubuntu's) packages, without root and without touching the system: apt-get with a state folder of
 * its own reads the lists and checks the signatures, dpkg-deb unpacks into `.tools/debian/<tool>`.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./commands.ts";
import { twice, Unavailable, usualPatience } from "./download.ts";
import { executables, searchPath } from "./find.ts";
import { linkProgram, replaceFolder, toolFolder, wrapProgram } from "./folders.ts";
import type { Tool } from "./catalogue.ts";
import type { Workshop } from "./install.ts";

export interface DebianPackage {
  readonly package: string;
  /** Inside the package. */
  readonly program: string;
}

/**
 * apt-get with its own lists; these are fetched once for all tools. The folder is new each time, since an apt-get whose
 * set-up was killed may still be at work in its own.
 */
export class PrivateApt {
  readonly #folder: string;
  #updated: Promise<void> | undefined;

  constructor(root: string) {
    this.#folder = join(root, ".tools", `apt.${randomUUID()}`);
  }

  /** Removes the lists. */
  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Names of the packages to unpack: the one asked for and the shared libraries it needs that the system lacks. */
  async needed(name: string): Promise<string[]> {
    await this.#update();
    const options = ["--reinstall", "--no-install-recommends", "--print-uris", "-qq", "-y"];
    return wanted(name, await this.#apt(["install", ...options, name]));
  }

  /** Downloads the packages into `folder`; apt compares their checksums with the signed lists. */
  async download(names: readonly string[], folder: string): Promise<string[]> {
    await twice(() => this.#apt(["download", "-qq", ...names], folder), usualPatience.pause);
    return readdirSync(folder)
      .filter((file) => file.endsWith(".deb"))
      .map((file) => join(folder, file));
  }

  #update(): Promise<void> {
    this.#updated ??= twice(() => this.#apt(["update", "-qq"]), usualPatience.pause).then(() => undefined);
    return this.#updated;
  }

  async #apt(args: readonly string[], cwd?: string): Promise<string> {
    const config = join(this.#folder, "apt.conf");
    for (const folder of ["state/lists/partial", "cache/archives/partial"]) {
      mkdirSync(join(this.#folder, folder), { recursive: true });
    }
    writeFileSync(config, aptConfig(this.#folder));
    return run("apt-get", args, {
      env: { APT_CONFIG: config, DEBIAN_FRONTEND: "noninteractive" },
      timeoutS: 300,
      ...(cwd === undefined ? {} : { cwd }),
    });
  }
}

/** What apt would install for `name`, less what only a browser or a web server's modules need. */
export function wanted(name: string, printedUris: string): string[] {
  const files = [...printedUris.matchAll(/^'[^']+' (\S+)_\S+_\S+\.deb \d+/gm)].flatMap((match) => match[1] ?? []);
  const isLibrary = (file: string): boolean => file.startsWith("lib") && !/^lib(js|nginx-mod)-/.test(file);
  return [...new Set([name, ...files.filter(isLibrary)])];
}

export async function installDebian(shop: Workshop, tool: Tool, source: DebianPackage): Promise<string> {
  for (const program of ["apt-get", "dpkg-deb"]) {
    if (executables([program], searchPath(shop.root)).length === 0) {
      throw new Unavailable(`${program} is not on this machine: it is no Debian or Ubuntu`);
    }
  }
  shop.say("reading the package lists");
  const names = await shop.apt.needed(source.package);
  const folder = toolFolder(shop.root, "debian", tool.name);
  await replaceFolder(folder, async (fresh) => {
    shop.say(`downloading ${names.join(", ")}`);
    const archives = join(fresh, "archives");
    mkdirSync(archives);
    for (const archive of await shop.apt.download(names, archives)) {
      await run("dpkg-deb", ["-x", archive, fresh], { timeoutS: 120 });
    }
    rmSync(archives, { recursive: true });
  });
  const program = join(folder, source.program);
  const libraries = libraryFolders(folder);
  return libraries.length === 0
    ? linkProgram(shop.root, tool.name, program)
    : wrapProgram(shop.root, tool.name, program, libraries);
}

/** Folders below `folder` that hold shared libraries. */
export function libraryFolders(folder: string): string[] {
  const libraries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /^lib.*\.so(\.\d+)*$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return [...new Set(libraries.map((path) => dirname(path)))];
}

/** Everything that apt writes goes below `folder`; the system's package state is only read. */
const aptConfig = (folder: string): string =>
  [
    `Dir::State "${folder}/state";`,
    'Dir::State::status "/var/lib/dpkg/status";',
    `Dir::Cache "${folder}/cache";`,
    'Debug::NoLocking "1";',
    'APT::Sandbox::User "";',
    'Acquire::Languages "none";',
    'Acquire::Retries "1";',
    "",
  ].join("\n");
