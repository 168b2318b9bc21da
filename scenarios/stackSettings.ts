import * as pulumi from "@pulumi/pulumi";
import { readSettings, SettingsError, type Settings } from "./settings.ts";

/** The stack's settings by bare name, known or not: what the stack file, Pulumi.yaml and `--config` say together. */
function stackConfig(): Record<string, string> {
  const prefix = `${pulumi.getProject()}:`;
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/**
 * Reads the stack's settings.
 * @throws pulumi.RunError with every mistake at once: the engine shows its text without a stack trace.
 */
export function stackSettings(): Settings {
  try {
    return readSettings(stackConfig());
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
