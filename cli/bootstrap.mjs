// Installs the project's packages when they are missing, incomplete or not those of package-lock.json. Plain JavaScript
// without packages, since it runs before there are any, on whatever Node the machine has (18 and newer). npm runs it before
// each script of package.json, and puts node_modules/.bin on PATH, where the Node of the project is found afterwards.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The first Node that runs TypeScript without a flag. */
const oldestNode = "22.18.0";

/**
 * Why the packages must be installed, or undefined when all is as package-lock.json says. The lists are compared, not their
 * dates: a checkout sets dates at will.
 * @param {string} folder
 * @returns {string | undefined}
 */
export function whyInstall(folder) {
  const wanted = packagesOf(join(folder, "package-lock.json"));
  if (wanted === undefined)
    throw new Error(`${join(folder, "package-lock.json")} is missing or broken: git checkout package-lock.json`);
  // npm writes this file last, so it is missing after an install that was cut off.
  const installed = packagesOf(join(folder, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "no packages yet";
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "" || entry.optional === true) continue;
    if (installed[path]?.version !== entry.version) return "package-lock.json has changed";
    if (!existsSync(join(folder, path, "package.json"))) return `${path} is missing`;
  }
  return undefined;
}

/** @returns {Record<string, {version?: string, optional?: boolean}> | undefined} */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined; // missing or cut off: for the caller the same
  }
}

/** The Node that scripts run on: the project's own, else this one where it is new enough; undefined when neither. */
export function projectNode(folder = root) {
  const own = join(folder, "node_modules", ".bin", "node");
  if (existsSync(own)) return own;
  return runsTypeScript(process.versions.node) ? process.execPath : undefined;
}

/** @param {string} version such as 22.18.0 */
export function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** Makes the packages what package-lock.json says; ends the process with a reason when that fails. */
export function bootstrap(folder = root) {
  if (whyInstall(folder) !== undefined) withLock(join(folder, ".tools", "npm.lock"), () => installPackages(folder));
  if (projectNode(folder) === undefined) {
    fail(
      `Node ${process.versions.node} is too old, and no newer one comes with the packages for ${process.platform}-${process.arch}.`,
      `Install Node ${oldestNode} or newer from https://nodejs.org, then run the same command again.`,
    );
  }
}

function installPackages(folder) {
  const reason = whyInstall(folder); // another one may have done it while this one waited
  if (reason === undefined) return;
  console.log(`Installing the project's packages into node_modules (${reason}); about half a minute.`);
  const began = Date.now();
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const [command, all] = npm?.endsWith(".js") ? [process.execPath, [npm, ...args]] : ["npm", args];
  const result = spawnSync(command, all, {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: installEnvironment(),
  });
  const seconds = Math.round((Date.now() - began) / 1000);
  if (result.error !== undefined || result.status !== 0) {
    const how = result.error?.message ?? (result.signal === null ? `exit code ${result.status}` : result.signal);
    fail(
      `npm ci failed after ${seconds} s (${how}); its own words are above.`,
      "Is the npm registry reachable (npm ping), and is there room on the disk (df -h .)? Then run the same command again.",
    );
  }
  console.log(`Installed in ${seconds} s.`);
}

/** Without what the npm that started this script has set for itself. */
function installEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command)/.test(name));
  return { ...Object.fromEntries(kept), CI: process.env.CI ?? "true" };
}

/** One at a time; a lock whose holder is gone is taken over. */
function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let told = false; !take(file); told = true) {
    if (!told) console.log("Waiting for another install of this project.");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
  try {
    work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (holderIsGone(file)) rmSync(file, { force: true });
    return false;
  }
}

function holderIsGone(file) {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    if (pid === 0) return Date.now() - statSync(file).mtimeMs > 5000; // cut off before it wrote its number
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Says what went wrong and what to do, and ends with the exit code of "this machine cannot". */
function fail(what, remedy) {
  console.error(`\n${what}\n${remedy}`);
  process.exit(3);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) bootstrap();
