/** What a scenario is: data in, a load out, written once for every platform. */
import type { Load, Platform } from "../components/platform.ts";
import type { Settings } from "./settings.ts";

/** The part of the record's cell that the scenario decides. */
export interface ScenarioCell {
  readonly path: string;
  readonly gateway: string;
  readonly vus: number | null;
  readonly rate: number | null;
  readonly weights: string;
}

export interface Scenario {
  /** Builds what is asked on a platform and puts the load on it. */
  build(platform: Platform, settings: Settings): Load;
  cell(settings: Settings): ScenarioCell;
  /** Backends by stable name; empty where nothing is split. */
  backends(settings: Settings): readonly { readonly name: string; readonly weight: number }[];
}
