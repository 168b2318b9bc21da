import { list, number, percent, scaleFor } from "../figures/format.ts";
import { cellLabels } from "../figures/labels.ts";
import type { View } from "../figures/view.ts";
import { kernelShares } from "../kernelShare.ts";
import type { Finding } from "./finding.ts";

/** How much of the kernel's own path each CNI reaches; the kernel's own gateway is told beside its base. */
export function kernelFindings(view: View): Finding[] {
  const { shares, refused } = kernelShares(view.bundle);
  const labels = cellLabels(view.egress);
  const told = shares
    .filter(({ cell }) => cell.cni !== "kernel")
    .map(({ cell, base, n, n_base, share, low, high }): Finding => {
      const name = labels.of(cell.id);
      if (share === null || low === null || high === null) {
        return finding(
          `${name}: no share of the kernel's own path, too few runs that count (n = ${String(n)} and ${String(n_base)})`,
          "",
          "caution",
        );
      }
      const [own, yardstick] = [cell, base].map((each) => view.values(each, "saturated", "", "goodput"));
      const scale = scaleFor(own?.unit ?? "", Math.max(own?.mean ?? 0, yardstick?.mean ?? 0));
      const plain = `${number((own?.mean ?? 0) / scale.factor)} of ${number((yardstick?.mean ?? 0) / scale.factor)} ${scale.unit}`;
      const runs = n === n_base ? `n = ${String(n)}` : `n = ${String(n)} and ${String(n_base)}`;
      return finding(
        `${name} reaches ${percent(share)} (${percent(low).replace(" %", "")} to ${percent(high)}, ${runs}) of the kernel's own path: ${plain}`,
        low <= 1 && high >= 1 ? "The interval holds 100 %: it cannot be told from the kernel's own path." : "",
        low <= 1 && high >= 1 ? "caution" : "fact",
      );
    });
  if (refused.length === 0) return told;
  const named = refused.slice(0, 2);
  return [
    ...told,
    {
      ...finding(
        `No share of the kernel's own path for ${String(refused.length)} of ${String(refused.length + shares.length)} egress cells: they stand on another bed`,
        `${list(named)}${refused.length > named.length ? `; and ${String(refused.length - named.length)} more` : ""}.`,
        "caution",
      ),
      evidence: shares.length > 0 ? "figure-kernel-share" : "kernel-share",
    },
  ];
}

function finding(text: string, detail: string, level: Finding["level"]): Finding {
  return { section: "egress", text, detail, level, evidence: "figure-kernel-share" };
}
