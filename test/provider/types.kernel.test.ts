/** Every type against the real kernel: create, see what was done to it, repair, fail cleanly, delete. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemCommands } from "../../provider/lib/commands.ts";
import { failingAt, missing, provider, urn, whyNoKernel, type Properties } from "./support.ts";
import { cases, everything, makeWorld, type World } from "./world.ts";

const served = provider();

describe.skipIf(whyNoKernel() !== undefined)("on the kernel", () => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld();
  });
  afterAll(async () => {
    await world.remove();
  });

  describe.each(cases)("$type", ({ type, inputs: inputsOf, damage }) => {
    const skipped = type === "RuleSet" ? missing("nft") : undefined;
    if (skipped !== undefined) console.warn(`skipped, rule sets: ${skipped}`);
    const inputs = (): Properties => ({ lab: world.ref, ...inputsOf(world) });
    const create = async () => {
      const { id, outs } = await served.create(urn(type), inputs());
      return { id, state: outs as Properties };
    };
    const read = async (id: string, state: Properties) => {
      const { id: found, props } = await served.read(id, urn(type), state);
      return { id: found, state: props as Properties };
    };
    /** Results of a task stay: they may not be collected yet. */
    const left = (): string[] =>
      everything(world).filter((line) => !line.startsWith("file") || !line.includes("results"));

    it.skipIf(skipped !== undefined)(
      "is what was asked for, also over what a killed create left, then goes without a trace, twice",
      async () => {
        const before = left();
        await create();
        const { id, state } = await create();
        expect(await read(id, state)).toEqual({ id, state });
        expect(await served.diff(id, urn(type), state, inputs())).toMatchObject({ changes: false });
        await served.delete(id, urn(type), state);
        expect(left()).toEqual(before);
        await served.delete(id, urn(type), state);
        expect(left()).toEqual(before);
        expect((await read(id, state)).id).toBe(type === "Task" || type === "Routing" ? id : "");
      },
    );

    it.skipIf(skipped !== undefined)("leaves nothing when its creation fails at any command", async () => {
      const before = everything(world).filter((line) => !line.includes("results"));
      const counted = failingAt(-1);
      const { id, outs } = await provider(counted).create(urn(type), inputs());
      await served.delete(id, urn(type), outs);
      for (let nth = 0; nth < counted.count(); nth += 1) {
        const failing = failingAt(nth);
        await expect(provider(failing).create(urn(type), inputs())).rejects.toThrow(`command ${nth} fails`);
        expect(everything(world).filter((line) => !line.includes("results"))).toEqual(before);
      }
    });

    it.skipIf(skipped !== undefined).each(Object.entries(damage))(
      "%s: is seen, and repaired",
      async (_, { gone, harm }) => {
        const { id, state } = await create();
        harm(world, state);
        const found = await read(id, state);
        expect(found.id).toBe(gone ? "" : id);
        let repaired: Properties;
        if (gone) {
          repaired = (await create()).state;
        } else {
          const difference = await served.diff(id, urn(type), found.state, inputs());
          expect(difference).toMatchObject({ changes: true, replaces: [] });
          repaired = (await served.update(id, urn(type), found.state, inputs())).outs;
        }
        expect(await read(id, repaired)).toEqual({ id, state: repaired });
        expect(await served.diff(id, urn(type), repaired, inputs())).toMatchObject({ changes: false });
        await served.delete(id, urn(type), repaired);
      },
    );
  });

  it("a changed layer 3 is changed by the difference alone", async () => {
    const inputs = { lab: world.ref, netns: world.a, addresses: [{ device: "d0", cidr: "10.5.0.1/24" }] };
    const news = { ...inputs, addresses: [{ device: "d0", cidr: "10.5.0.2/24" }, ...inputs.addresses] };
    const { id, outs } = await served.create(urn("Routing"), inputs);
    const asked: string[] = [];
    const watched = provider({
      run: (command) => {
        asked.push(command.input ?? "");
        return systemCommands.run(command);
      },
    });
    await watched.update(id, urn("Routing"), outs, news);
    expect(asked.filter((input) => input.startsWith("address "))).toContain("address replace 10.5.0.2/24 dev d0\n");
    const { outs: bare } = await served.update(id, urn("Routing"), news, { lab: world.ref, netns: world.a });
    expect(bare).toEqual({ lab: world.ref, netns: world.a });
    await served.delete(id, urn("Routing"), bare);
  });

  it("a rule set that the kernel refuses leaves the old one in force", async () => {
    const reason = missing("nft");
    if (reason !== undefined) return;
    const inputs = { lab: world.ref, netns: world.b, family: "ip", table: "lab", rules: "chain c { counter accept; }" };
    const { id, outs } = await served.create(urn("RuleSet"), inputs);
    const broken = { ...inputs, rules: "chain c { nonsense; }" };
    await expect(served.update(id, urn("RuleSet"), outs, broken)).rejects.toThrow(
      /`nft -f -` in namespace .*-b failed .*nonsense/s,
    );
    expect((await served.read(id, urn("RuleSet"), outs)).props).toEqual(outs);
    await served.delete(id, urn("RuleSet"), outs);
  });
});
