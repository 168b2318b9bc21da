/** The scenarios by name. A new one is one file and one line here. */
import { egress } from "./egress.ts";
import { ingress } from "./ingress.ts";
import type { Scenario } from "./model.ts";
import type { ScenarioName } from "./settings.ts";

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = { egress, ingress };
