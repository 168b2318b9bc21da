/** Labs on a cluster, rendered once each, and their parts by name. */
import type { Recorded } from "../../components/recording.ts";
import { stepsOf, type ReleaseStep, type Step } from "../../components/kubernetes/rendering/steps.ts";
import type { Rendering } from "../../components/kubernetes/rendering/text.ts";
import { recordedLab } from "./pulumi.ts";

/** Settings as given. */
export type Raw = Readonly<Record<string, string>>;

const made = new Map<
  string,
  Promise<{ rendering: Rendering; resources: readonly Recorded[]; messages: readonly string[] }>
>();

/** A lab on a cluster as `lab manifests` has it; each is recorded once. */
export function lab(raw: Raw) {
  const key = JSON.stringify(raw);
  const found =
    made.get(key) ??
    recordedLab(raw).then(({ recording: { resources, messages }, examples }) => ({
      rendering: {
        steps: stepsOf(resources),
        examples,
        warnings: [],
        title: Object.values(raw).join(" "),
        command: "",
      },
      resources,
      messages: messages.map(({ text }) => text),
    }));
  made.set(key, found);
  return found;
}

export const stepsFor = async (raw: Raw): Promise<readonly Step[]> => (await lab(raw)).rendering.steps;
/** The one object of a kind whose name ends with `name`. */
export const object = async (raw: Raw, kind: string, name = "") => {
  const found = (await stepsFor(raw)).flatMap((step) =>
    step.kind === "object" && step.manifest.kind === kind && step.manifest.metadata.name.endsWith(name)
      ? [step.manifest]
      : [],
  );
  const [only, ...more] = found;
  if (only === undefined || more.length > 0) throw new Error(`${found.length} of ${kind} ${name}`);
  return only;
};
/** The Helm release of a name. */
export const release = async (raw: Raw, name: string): Promise<ReleaseStep> => {
  const found = (await stepsFor(raw)).find((step) => step.kind === "release" && step.release === name);
  if (found?.kind !== "release") throw new Error(`there is no release ${name}`);
  return found;
};
