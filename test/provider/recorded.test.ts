/** What types ask the system for, with recorded commands: no root, no kernel. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CommandError } from "../../provider/lib/commands.ts";
import { makeLabFolder } from "../../provider/lib/labs.ts";
import type { LabRef } from "../../provider/schema.ts";
import { goodInputs } from "./inputs.ts";
import { provider, recorded, urn } from "./support.ts";

let lab: LabRef;
beforeEach(() => {
  const dir = mkdtempSync(join(tmpdir(), "netlab-"));
  makeLabFolder(dir, "l1");
  lab = { id: "l1", dir, path: [] };
});
afterEach(() => {
  rmSync(lab.dir, { recursive: true });
});

describe("commands", () => {
  it("make a bridge with one batch: its MTU set afterwards, so that it stays", async () => {
    const commands = recorded();
    await provider(commands).create(urn("Bridge"), { ...goodInputs.Bridge, lab });
    expect(commands.asked).toEqual([
      {
        lab,
        netns: "l1-a",
        argv: ["ip", "-batch", "-"],
        input: "link add name br0 type bridge\nlink set dev br0 mtu 1500 up\n",
      },
    ]);
  });

  it("make a veth pair inside one namespace, its other end put straight into the other", async () => {
    const commands = recorded();
    await provider(commands).create(urn("Link"), { ...goodInputs.Link, lab });
    expect(commands.asked.map(({ netns, input }) => [netns, input])).toEqual([
      [
        "l1-a",
        "link add name a0 mtu 1500 type veth peer name b0 mtu 1500 netns l1-b\nlink set dev a0 mtu 1500 master br0 up\n",
      ],
      ["l1-b", "link set dev b0 mtu 1500 nomaster up\n"],
    ]);
  });

  it("make a VXLAN device with all its peers", async () => {
    const commands = recorded();
    await provider(commands).create(urn("Vxlan"), { ...goodInputs.Vxlan, lab });
    expect(commands.asked.map(({ argv, input }) => [argv.join(" "), input])).toEqual([
      [
        "ip -batch -",
        "link add name vx0 address 02:00:00:00:00:01 type vxlan id 7 dstport 8472 local 172.30.0.1 nolearning\n",
      ],
      [
        "ip -batch -",
        "link set dev vx0 mtu 1450 up\nneigh replace 10.200.0.2 lladdr 02:00:00:00:00:02 dev vx0 nud permanent\n",
      ],
      ["bridge -batch -", "fdb replace 02:00:00:00:00:02 dev vx0 dst 172.30.0.2\n"],
    ]);
  });

  it("are not run at all in a lab whose folder is gone", async () => {
    const commands = recorded();
    const elsewhere = { ...lab, dir: `${lab.dir}/none` };
    await expect(provider(commands).create(urn("Bridge"), { ...goodInputs.Bridge, lab: elsewhere })).rejects.toThrow(
      /the folder of lab l1, .*none, is gone: `npx lab up`/,
    );
    expect(await provider(commands).read("id", urn("Bridge"), { ...goodInputs.Bridge, lab: elsewhere })).toEqual({
      id: "",
      props: {},
    });
    expect(commands.asked).toEqual([]);
  });

  it("never reach a namespace of another lab, or the machine's own", async () => {
    const other = { ...goodInputs.Bridge, lab, netns: "l2-a" };
    await expect(provider(recorded()).delete("id", urn("Bridge"), other)).rejects.toThrow(
      "namespace l2-a is not of lab l1: names of this lab begin with l1-",
    );
  });

  it("are not begun after a cancel", async () => {
    const served = provider(recorded(), AbortSignal.abort());
    await expect(served.create(urn("Bridge"), { ...goodInputs.Bridge, lab })).rejects.toThrow("interrupted");
  });
});

describe("an error", () => {
  const command = {
    lab: goodInputs.Node.lab,
    netns: "l1-a",
    argv: ["ip", "-batch", "-"],
    input: "link add x type vxlan\n",
  };

  it("says what, where, in the tool's own words, and the remedy", () => {
    const error = new CommandError(
      command,
      "failed with exit status 2",
      "Error: Unknown device type.\nCommand failed -:1\n",
    );
    expect(error.message).toBe(
      "`ip -batch -` in namespace l1-a failed with exit status 2: Error: Unknown device type.\nCommand failed -:1\n" +
        "The kernel has no support for this kind of device or rule (bridge, veth, vxlan, nf_tables): `npx lab doctor` says which part is missing.\n" +
        "Its input was:\nlink add x type vxlan",
    );
    expect(error.stack).toBe("");
  });

  it.each([
    ["nsenter: cannot open /run/netns/l1-a: No such file or directory", "The namespace is gone"],
    ["mount: Operation not permitted", "run as root"],
    ["ENOSPC: no space left on device, write", "The disk is full"],
  ])("%s", (stderr, remedy) => {
    expect(new CommandError(command, "failed", stderr).message).toContain(remedy);
  });
});
