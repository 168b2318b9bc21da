/** What `lab manifests` says of the thesis' cases, whole, as snapshots to review; the values that matter by themselves: values.test.ts. */
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it, test } from "vitest";
import { folderFiles, streamText } from "../../../components/kubernetes/rendering/text.ts";
import { renderManifests, writeManifests } from "../../../runner/manifests.ts";
import { readStackFile } from "../../../runner/workFolder.ts";
import { readSettings } from "../../../scenarios/settings.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { lab, type Raw } from "../../support/rendered.ts";

const local = { environment: "local" };
const egress = { scenario: "egress", path: "gateway" };
const ingress = { scenario: "ingress" };

describe("snapshots of the thesis' cases", () => {
  const whole = { ...local, cni: "cilium", ...egress };
  const rest = { monitoring: "false" };
  /** Texts of a rendering by step; scripts are left out, they are code. */
  const texts = async (raw: Raw): Promise<string[]> => {
    const { rendering } = await lab(raw);
    const steps = rendering.steps.map((step) =>
      step.kind === "object" ? { ...step, manifest: withoutScripts(step.manifest) } : step,
    );
    return streamText({ ...rendering, steps }).split(/\n\n(?=---|# \d)/);
  };
  const bare = (text: string): string => text.replace(/^(---\n)?# \d+\. /, "$1# ");

  test.each<[string, Raw]>([
    ["kind-cilium-egress-gateway", whole],
    ["kind-cilium-egress-base", { ...whole, ...rest, path: "base" }],
    ["kind-antrea-egress-gateway", { ...whole, ...rest, cni: "antrea" }],
    ["kind-antrea-egress-base", { ...whole, ...rest, cni: "antrea", path: "base" }],
    ["kind-antrea-egress-pool", { ...whole, ...rest, cni: "antrea", "egress.address": "pool" }],
    ["kind-cilium-ingress", { ...local, ...rest, cni: "cilium", ...ingress, gateway: "cilium" }],
    ["kind-antrea-ingress-nginx", { ...local, ...rest, cni: "antrea", ...ingress, gateway: "nginx" }],
    [
      "aks-cilium-ingress",
      { environment: "aks", "aks.owner": "owner", ...rest, cni: "cilium", ...ingress, gateway: "cilium" },
    ],
    [
      "aks-antrea-ingress-nginx",
      { environment: "aks", "aks.owner": "owner", ...rest, cni: "antrea", ...ingress, gateway: "nginx" },
    ],
  ])("%s", async (name, raw) => {
    // The first is whole, with monitoring; the others show the order, and of each step only its name where it is the first one's.
    const known = raw === whole ? new Set<string>() : new Set((await texts(whole)).map(bare));
    const shown = (await texts(raw)).map((text) =>
      known.has(bare(text)) ? `${/# \d+\. .*/.exec(text)?.[0] ?? ""} (as in kind-cilium-egress-gateway)` : text,
    );
    await expect(`${shown.join("\n\n").trimEnd()}\n`).toMatchFileSnapshot(`../../golden/manifests/${name}.yaml`);
  });
});

function withoutScripts<T extends object>(manifest: T): T {
  if (!("data" in manifest)) return manifest;
  const data = Object.keys(manifest.data as object).map((name) => [name, "(left out)"]);
  return { ...manifest, data: Object.fromEntries(data) as unknown };
}

describe("a folder of manifests", () => {
  it("has numbered files, and notes that name each of them in the order of creation", async () => {
    const { rendering } = await lab({ ...local, cni: "antrea", ...ingress, gateway: "nginx" });
    const files = folderFiles(rendering);
    const names = [...files.keys()].filter((name) => name !== "README.md");
    expect(names).toEqual(names.toSorted());
    const notes = files.get("README.md") ?? "";
    const places = names.map((name) => notes.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places.every((at) => at > 0)).toBe(true);
    expect(notes).toMatch(/kind create cluster .* --config 01-kind\.yaml/);
    expect(notes).toMatch(
      /helm install ngf oci:\/\/ghcr\.io\/\S+ --version \S+ --namespace \S+ --timeout 5m --values \d+-ngf\.values\.yaml/,
    );
  });
});

describe("lab manifests", () => {
  const root = resolve(import.meta.dirname, "..", "..", "..");
  const render = (stack: string, raw: Raw = readStackFile(root, stack)) =>
    renderManifests({
      root,
      stack,
      ownBackend: false,
      settings: readSettings(raw),
      command: `npx lab manifests -s ${stack}`,
    });

  test.each([
    ["local", "CiliumEgressGatewayPolicy"],
    ["aks", "HTTPRoute"],
  ])("the stack file %s renders, with its warnings", async (stack, kind) => {
    const { steps, warnings, title } = await render(stack);
    expect(title).toMatch(new RegExp(`^${stack}/cilium/.*, stack ${stack}$`));
    expect(steps.some((step) => step.kind === "object" && step.manifest.kind === kind)).toBe(true);
    expect(warnings.map((line) => line.split(":")[0])).toEqual(stack === "aks" ? ["aks.vmSize"] : []);
  });

  it("netns has nothing to render, and says where there is something", async () => {
    await expect(render("netns")).rejects.toMatchObject({
      kind: "input",
      remedy: expect.stringContaining("-s local") as string,
    });
  });

  it("writes a folder again, without what is no longer made, and leaves what it did not make alone", async () => {
    const folder = join(scratchFolder(), "out");
    const rendering = (await lab({ ...local, ...egress })).rendering;
    const names = writeManifests(folder, rendering);
    expect(readdirSync(folder).toSorted()).toEqual(names);
    writeFileSync(join(folder, "99-old.yaml"), "");
    writeManifests(folder, rendering);
    expect(readdirSync(folder).toSorted()).toEqual(names);
    const other = scratchFolder();
    writeFileSync(join(other, "mine.yaml"), "");
    expect(() => writeManifests(other, rendering)).toThrow(/is not empty/);
    expect(readdirSync(other)).toEqual(["mine.yaml"]);
  });
});
