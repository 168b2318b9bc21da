/** A tool from its project's own release: pinned version, checksum compared before anything is unpacked. */
import { copyFileSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { architecture, type Release, type Tool } from "./catalogue.ts";
import { run } from "./commands.ts";
import { Unavailable } from "./download.ts";
import { linkProgram, replaceFolder, toolFolder } from "./folders.ts";
import type { Workshop } from "./install.ts";

export async function installRelease(shop: Workshop, tool: Tool, release: Release): Promise<string> {
  const arch = architecture();
  if (arch === undefined) throw new Unavailable(`there is none for ${process.arch}`);
  const url = release.url[arch];
  const file = join(shop.cache, `${tool.name}-${release.version}`, basename(new URL(url).pathname));
  await shop.downloader.download(url, file, release.sha256[arch], (bytes, size) => {
    shop.say(`downloading ${megabytes(bytes)}${size === undefined ? "" : ` of ${megabytes(size)}`} MB`);
  });

  const folder = toolFolder(shop.root, "release", tool.name);
  await replaceFolder(folder, async (fresh) => {
    if (release.format === "binary") {
      copyFileSync(file, join(fresh, release.program));
    } else {
      shop.say("unpacking");
      await run("tar", ["-xzf", file, "-C", fresh, "--strip-components=1", "--no-same-owner"], { timeoutS: 120 });
    }
  });
  for (const companion of release.companions ?? []) {
    if (existsSync(join(folder, companion))) linkProgram(shop.root, companion, join(folder, companion));
  }
  return linkProgram(shop.root, tool.name, join(folder, release.program));
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
