/** The cell that settings stand for. Pure: campaigns plan with it, the program puts it into the record. */
import type { Cell } from "../analysis/record.ts";
import { scenarios } from "./catalogue.ts";
import { settingTable, type Settings } from "./settings.ts";

/** `environment/cni/scenario/path-or-gateway[/load][/weights]`; weights only where they are not the default. */
export function cellOf(settings: Settings): Cell {
  const { environment, cni, scenario } = settings;
  const part = scenarios[scenario].cell(settings);
  const load = [
    ...(part.vus === null ? [] : [`${part.vus}vus`]),
    ...(part.rate === null ? [] : [`${part.rate}rps`]),
  ].join("-");
  const weights =
    part.weights === "" || part.weights === settingTable.weights.default ? "" : `w${part.weights.replaceAll("/", "-")}`;
  const id = [environment, cni, scenario, part.path === "" ? part.gateway : part.path, load, weights]
    .filter((piece) => piece !== "")
    .join("/");
  return { id, environment, cni, scenario, ...part };
}
