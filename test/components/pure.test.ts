import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressPlan, limits } from "../../components/netns/addressPlan.ts";
import { envoyGatewayConfig, nginxGatewayConfig } from "../../components/netns/weightedGateway.ts";
import { inexactWeights, splitPercentages, wholeWeights } from "../../components/weights.ts";

const upstreams = (...weights: number[]) =>
  weights.map((weight, index) => ({ name: `echo-${index + 1}`, weight, endpoint: `10.244.${index + 2}.10:8080` }));

/** Parts of a network's plan that addresses do not follow from. */
const whole = { controlPlane: "", egressNodes: [] };

describe("address plan", () => {
  it("gives no address twice, whatever the size", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: limits.nodes }),
        fc.integer({ min: 0, max: limits.outside }),
        fc.array(fc.nat(limits.nodes - 1), { maxLength: 60 }),
        (count, outside, placement) => {
          const nodes = Array.from({ length: count }, (_, index) => `node-${index}`);
          const plan = addressPlan({
            name: "n",
            nodes,
            pods: placement.map((at, index) => ({ name: `pod-${index}`, node: nodes[at % count] ?? "" })),
            outside: Array.from({ length: outside }, (_, index) => `out-${index}`),
            mtu: 1500,
            ...whole,
          });
          const addresses = [
            ...plan.nodes.flatMap(({ address, overlay, podGateway }) => [address, overlay, podGateway]),
            ...plan.pods.map(({ address }) => address),
            ...plan.outside.flatMap(({ address, other }) => [address, other]),
            ...nodes.map((_, index) => `10.10.0.${101 + index}`),
          ];
          expect(new Set(addresses).size).toBe(addresses.length);
          expect(new Set(plan.nodes.map(({ mac }) => mac)).size).toBe(count);
          for (const part of addresses.flatMap((address) => address.split(".").map(Number)))
            expect(part).toBeLessThan(255);
        },
      ),
    );
  });

  it("refuses what does not fit and a pod on no node", () => {
    const nodes = Array.from({ length: limits.nodes + 1 }, (_, index) => `n${index}`);
    expect(() => addressPlan({ name: "n", nodes, pods: [], outside: [], mtu: 1500, ...whole })).toThrow(
      /90 nodes; at most 89 fit/,
    );
    expect(() =>
      addressPlan({ name: "n", nodes: ["a"], pods: [{ name: "p", node: "b" }], outside: [], mtu: 1500, ...whole }),
    ).toThrow(/pod p is on the node b, which does not exist: a/);
  });

  it("leaves the room that VXLAN needs", () => {
    expect(addressPlan({ name: "n", nodes: ["a"], pods: [], outside: [], mtu: 9000, ...whole }).podMtu).toBe(8950);
  });
});

describe("split_clients percentages", () => {
  it("are exact for weights that sum to 100, and sum to 100 for all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (first) => {
        expect(splitPercentages([first, 100 - first])).toEqual([first, 100 - first]);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 2, maxLength: 16 }), (weights) => {
        const parts = splitPercentages(weights);
        expect(parts.reduce((total, part) => total + part, 0)).toBeCloseTo(100, 6);
      }),
    );
  });

  it("say what they cannot express, also a share for a backend of weight zero", () => {
    expect(inexactWeights(upstreams(60, 40))).toEqual([]);
    expect(inexactWeights(upstreams(1, 1, 1))).toHaveLength(3);
    expect(inexactWeights(upstreams(1, 2, 0))).toContainEqual(expect.stringMatching(/gives echo-3 0\.01 %/));
    // What the release does, replayed: float floor, not rounding.
    expect(splitPercentages([23, 977])).toEqual([2.29, 97.71]);
    expect(splitPercentages([0.23, 9.77])).toEqual([2.29, 97.71]);
    expect(inexactWeights(upstreams(1, 99_999))[0]).toContain("gives echo-1 0.00 % where its weight asks for 0.0010 %");
  });

  it("keep their proportions as whole numbers", () => {
    const weight = fc.nat(10_000_000).map((n) => n / 10_000);
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 16 }), (weights) => {
        const whole = wholeWeights(weights);
        expect(whole.every(Number.isInteger)).toBe(true);
        const [a, b] = [whole, weights].map((all) => all.reduce((total, one) => total + one, 0));
        for (const [index, one] of whole.entries())
          expect(one * (b ?? 0)).toBeCloseTo((weights[index] ?? 0) * (a ?? 0), 0);
      }),
    );
    expect(wholeWeights([1e-7, 1])).toEqual([1, 10_000_000]);
  });

  it("leave out a backend of zero and keep the upstream's connections open", () => {
    const config = nginxGatewayConfig(upstreams(100, 0), { keepalive: 64, workers: 2 });
    expect(config).toContain("split_clients $request_id $backend {\n        100.00% echo-1;\n      }");
    expect(config).toContain("keepalive 64;");
    expect(config).toContain('proxy_set_header Connection "";');
    expect(config).toContain("worker_processes 2;");
  });
});

describe("Envoy", () => {
  it("splits over weighted clusters, with whole numbers that keep the ratio of fractions", () => {
    const clusters = (...weights: number[]) =>
      [...JSON.stringify(envoyGatewayConfig(upstreams(...weights))).matchAll(/"name":"(echo-\d)","weight":(\d+)/g)].map(
        ([, name, weight]) => [name, Number(weight)],
      );
    expect(clusters(60, 40)).toEqual([
      ["echo-1", 60],
      ["echo-2", 40],
    ]);
    expect(clusters(0.5, 99.5)).toEqual([
      ["echo-1", 500_000],
      ["echo-2", 99_500_000],
    ]);
  });
});
