import { describe, expect, it } from "vitest";
import { stackLines, stackOutlook } from "../../runner/stackPlan.ts";
import { readSettings } from "../../scenarios/settings.ts";

const outlook = (raw: Record<string, string>, hours?: number) => stackOutlook(readSettings(raw), hours);
const aks = {
  environment: "aks",
  "aks.vmSize": "Standard_D4s_v5",
  "aks.pricePerNodeHour": "0.20 EUR",
  "aks.pricePerServerHour": "0.10 EUR",
};

describe("lab plan -s", () => {
  it("counts nodes and the external server, their hours and their price", () => {
    const plan = outlook({ ...aks, "aks.nodes": "3", duration: "60s" }, 10);
    expect(plan.machines.map(({ count, size }) => `${count} ${size}`)).toEqual([
      "3 Standard_D4s_v5",
      "1 Standard_D2s_v5",
    ]);
    expect(plan.hours).toBe(10);
    // 3 × 0.20 + 0.10 = 0.70 an hour.
    expect(plan.cost).toEqual({ total: "7.00 EUR", perHour: "0.70 EUR", without: [], settings: [] });
    expect(plan.warnings).toEqual([expect.stringMatching(/^aks\.timeToLive: .* 10 h 0 min, longer than it may live/)]);
  });

  it("for one load: as long as building, load and taking down", () => {
    const plan = outlook({ ...aks, scenario: "ingress", gateway: "envoy", duration: "240s" });
    expect(plan.hours * 3600).toBeCloseTo(plan.buildSeconds + plan.loadSeconds + plan.destroySeconds, 6);
    expect(plan.cost?.total).toBe(`${(0.4 * plan.hours).toFixed(2)} EUR`);
    expect(plan.installs).toEqual(["cilium 1.20.2", "envoy 1.9.1", "prometheus 29.27.0"]);
    expect(plan.machines.at(-1)).toMatchObject({ role: "load generator", billed: false });
  });

  it("says what no price was given for, and adds no two currencies", () => {
    expect(outlook({ environment: "aks" }).cost).toMatchObject({
      total: "",
      without: ["2 × Standard_A2_v2", "1 × Standard_D2s_v5"],
    });
    expect(outlook({ ...aks, "aks.pricePerServerHour": "0.10 USD" }, 1).cost?.perHour).toBe("0.40 EUR and 0.10 USD");
  });

  it("asks only for prices of what there is, and that has none", () => {
    const hint = (raw: Record<string, string>) =>
      stackLines("aks", outlook(raw)).find((line) => line.includes("no price given"));
    expect(hint({ environment: "aks", scenario: "ingress", gateway: "envoy" })).toMatch(
      /2 × Standard_A2_v2: -c aks\.pricePerNodeHour='0\.20 EUR'$/,
    );
    expect(hint({ environment: "aks", "aks.pricePerNodeHour": "0.20 EUR" })).toMatch(
      /1 × Standard_D2s_v5: -c aks\.pricePerServerHour='0\.20 EUR'$/,
    );
    expect(hint(aks)).toBeUndefined();
  });

  it("costs nothing at home", () => {
    const lines = stackLines("local", outlook({ environment: "local", cni: "antrea", "egress.gateways": "2" }));
    expect(lines[0]).toBe("stack local: local/antrea/egress/base");
    expect(lines.slice(1, 5)).toEqual([
      "machines  1 × container of kind (control plane)",
      "          1 × container of kind (workers)",
      "          2 × container of kind (egress gateways)",
      "          2 × container (external servers)",
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^costs {5}nothing/));
    expect(outlook({}).machines).toEqual([{ count: 3, size: "network namespace", role: "nodes", billed: false }]);
    expect(outlook({}).installs).toEqual([]);
  });
});
