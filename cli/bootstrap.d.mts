/** Why the packages of the project in `folder` must be installed; undefined when all is as package-lock.json says. */
export function whyInstall(folder: string): string | undefined;
/** The Node that scripts run on; undefined when there is none that runs TypeScript. */
export function projectNode(folder?: string): string | undefined;
/** @param version such as 22.18.0 */
export function runsTypeScript(version: string): boolean;
/** Installs the packages where they are missing; ends the process with a reason when that fails. */
export function bootstrap(folder?: string): void;
