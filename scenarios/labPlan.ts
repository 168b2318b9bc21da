/** What a stack's lab is made of before it is made: nodes, machines beside them, charts. Pure. */
import { chartsOf } from "../components/kubernetes/prechecks/charts.ts";
import { charts } from "../components/kubernetes/versions.ts";
import { clusterPlan } from "./clusterPlan.ts";
import type { Settings } from "./settings.ts";

/** Machines of one kind. */
export interface Machines {
  readonly count: number;
  /** Such as `Standard_D4s_v5`, `container of kind`. */
  readonly size: string;
  readonly role: string;
  /** Price of one for an hour; undefined where it costs nothing or no price was given. */
  readonly price?: Price;
  /** Setting that gives this price. */
  readonly priceSetting?: string;
  /** Whether somebody bills for it. */
  readonly billed: boolean;
}

export interface Price {
  readonly amount: number;
  readonly currency: string;
}

/** Reads `0.20 EUR`; undefined for an empty text. */
export function priceOf(text: string): Price | undefined {
  const [, amount, currency] = /^([\d.]+) ?([A-Z]{3})$/.exec(text) ?? [];
  return amount === undefined || currency === undefined ? undefined : { amount: Number(amount), currency };
}

export function machinesOf(settings: Settings): Machines[] {
  const { environment, scenario } = settings;
  const egress = scenario === "egress";
  const gateways = environment === "netns" ? 1 : settings["egress.gateways"];
  const backends = settings.weights.length;
  const spread = environment === "local" ? settings["kind.workers"] : 1;
  const workers = egress ? spread : environment === "netns" ? backends : Math.min(2, backends);
  const here = (count: number, size: string, role: string): Machines => ({ count, size, role, billed: false });
  const outside: Machines[] =
    environment !== "netns" && settings["load.placement"] === "outside"
      ? [here(1, "container on this machine", "load generator")]
      : [];
  switch (environment) {
    case "netns":
      return [here(1 + workers + (egress ? gateways : 0), "network namespace", "nodes")];
    case "local":
      return [
        here(1, "container of kind", "control plane"),
        here(workers, "container of kind", "workers"),
        ...(egress ? [here(gateways, "container of kind", "egress gateways")] : []),
        ...(egress && settings["server.placement"] === "container" ? [here(2, "container", "external servers")] : []),
        ...outside,
      ];
    case "aks": {
      const billed = (
        count: number,
        size: string,
        role: string,
        priceSetting: "aks.pricePerNodeHour" | "aks.pricePerServerHour",
      ): Machines => {
        const price = priceOf(settings[priceSetting]);
        return { count, size, role, billed: true, priceSetting, ...(price === undefined ? {} : { price }) };
      };
      return [
        billed(settings["aks.nodes"], settings["aks.vmSize"], "nodes", "aks.pricePerNodeHour"),
        ...(egress ? [billed(1, settings["aks.serverVmSize"], "external server", "aks.pricePerServerHour")] : []),
        ...outside,
      ];
    }
    case "existing":
      return [
        here(egress ? 1 + gateways : 1, "node of the cluster", "at least; the lab adds none"),
        ...(egress ? [here(1, settings["server.address"], "external server, given")] : []),
        ...outside,
      ];
  }
}

/** `cilium 1.20.2`, in the order in which they are installed; empty in netns. */
export function installsOf(settings: Settings): string[] {
  const plan = clusterPlan(settings);
  if (plan === null) return [];
  const { monitoring, grafana } = settings;
  return chartsOf(plan, { monitoring, grafana }).map(
    (name) => `${name} ${name === plan.cni.name && plan.cni.version !== "" ? plan.cni.version : charts[name].version}`,
  );
}
