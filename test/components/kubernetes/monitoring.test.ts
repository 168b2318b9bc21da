/** What is scraped on each kind of cluster. */
import { describe, expect, it } from "vitest";
import { prometheusValues } from "../../../components/kubernetes/monitoring.ts";
import { scrapeConfigs, type MonitoringFacts } from "../../../components/kubernetes/scraping.ts";

const facts = (cni: "cilium" | "antrea", gateway: MonitoringFacts["plan"]["gateway"]): MonitoringFacts => ({
  plan: {
    cni: { name: cni, version: "", gatewayApi: false, egressGateway: true, bandwidth: false, excluded: [] },
    gateway,
    sources: { mirror: "", images: {}, chartsFolder: "" },
    kind: { kind: "kind" },
  },
  namespaces: { lab: "lab", monitoring: "lab-monitoring", gateway: "lab-gateway", nodes: "lab-nodes" },
  scrapeSeconds: 1,
});
const enabled = (all: Readonly<Record<string, object>>): string[] =>
  Object.entries(all).flatMap(([job, config]) => ("enabled" in config && config.enabled === false ? [] : [job]));

describe("metrics of the CNI and of the gateway", () => {
  it.each([
    ["cilium", null, ["cilium"]],
    ["antrea", null, ["antrea-agent", "antrea-controller"]],
    ["cilium", "cilium", ["cilium", "cilium-envoy"]],
    ["antrea", "nginx", ["antrea-agent", "antrea-controller", "nginx-gateway"]],
    ["cilium", "envoy", ["cilium", "envoy-gateway"]],
  ] as const)("%s with gateway %s", (cni, gateway, jobs) => {
    expect(enabled(scrapeConfigs(facts(cni, gateway)))).toEqual(["nodes", "containers", ...jobs]);
  });

  it("are of the lab's own pods and the CNI's: another lab or exporter of the cluster is not counted", () => {
    const places = (cni: "cilium" | "antrea", gateway: MonitoringFacts["plan"]["gateway"]) =>
      Object.fromEntries(
        Object.entries(scrapeConfigs(facts(cni, gateway))).flatMap(([job, config]) => {
          const [first] = (config as { kubernetes_sd_configs?: { namespaces?: { names: string[] } }[] })
            .kubernetes_sd_configs ?? [{}];
          return first?.namespaces === undefined ? [] : [[job, first.namespaces.names.join()]];
        }),
      );
    expect(places("cilium", "envoy")).toEqual({
      nodes: "lab-nodes",
      cilium: "kube-system",
      "envoy-gateway": "lab-gateway",
    });
    expect(places("antrea", "nginx")).toMatchObject({ nodes: "lab-nodes", "nginx-gateway": "lab" });
  });

  it("an exporter beside another one has a port of its own", () => {
    const own = facts("cilium", null);
    const values = (kind: "kind" | "existing") =>
      prometheusValues({ ...own, plan: { ...own.plan, kind: { kind } } }) as Record<string, object>;
    expect(values("existing")["prometheus-node-exporter"]).toMatchObject({
      service: { port: 29_100, targetPort: 29_100 },
    });
    expect(values("kind")["prometheus-node-exporter"]).not.toHaveProperty("service");
  });

  it("Antrea's are asked over TLS with Prometheus' own token", () => {
    const { "antrea-agent": agent } = scrapeConfigs(facts("antrea", null));
    expect(agent).toMatchObject({
      scheme: "https",
      authorization: { credentials_file: "/var/run/secrets/kubernetes.io/serviceaccount/token" },
      relabel_configs: expect.arrayContaining([expect.objectContaining({ replacement: "$1:10350" })]) as unknown,
    });
  });
});
