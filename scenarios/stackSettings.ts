import * as pulumi from "@pulumi/pulumi";

/** The stack's settings by bare name, known or not: what the stack file, Pulumi.yaml and `--config` say together. */
export function stackSettings(): Record<string, string> {
  const prefix = `${pulumi.getProject()}:`;
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
