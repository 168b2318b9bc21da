/** Before Azure is asked: whether there are credentials, and the program that a preview feature needs. It only looks. */
import type { ClusterKind } from "../../platform.ts";
import type { Ask } from "./ask.ts";

/** A service principal, a managed identity or a workload identity from the environment, or the login of the Azure CLI. */
export async function azureProblems(
  ask: Ask,
  { removeKubeProxy }: Pick<Extract<ClusterKind, { kind: "aks" }>, "removeKubeProxy">,
): Promise<string[]> {
  const account = await ask("az", "account", "show", "--output", "none");
  const missing = "missing" in account && account.missing;
  const why = missing ? "az is not on PATH" : "failed" in account ? `az account show: ${account.failed}` : "";
  return [
    ...(isInEnvironment() || "text" in account
      ? []
      : [
          `Azure: there are no credentials (${why}). Type az login, or set ARM_CLIENT_ID, ARM_CLIENT_SECRET, ARM_TENANT_ID and ARM_SUBSCRIPTION_ID.`,
        ]),
    ...(removeKubeProxy && !("text" in account)
      ? [
          `aks.removeKubeProxy: only the Azure CLI can turn kube-proxy off, and it has no login (${why}). Type az login, and az extension add --name aks-preview; or leave aks.removeKubeProxy out.`,
        ]
      : []),
  ];
}

function isInEnvironment(): boolean {
  const set = (name: string): boolean => (process.env[name] ?? "") !== "";
  const principal = ["ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID"];
  const secrets = ["ARM_CLIENT_SECRET", "ARM_CLIENT_CERTIFICATE_PATH", "ARM_OIDC_TOKEN", "ARM_OIDC_REQUEST_TOKEN"];
  return (principal.every(set) && secrets.some(set)) || process.env["ARM_USE_MSI"] === "true";
}
