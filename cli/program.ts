/** Commands, options and help of `lab`. What they do is in commands.ts. */
import { Command, InvalidArgumentError, Option } from "commander";
import { LabError } from "../runner/errors.ts";
import { settingNames, settingTable } from "../scenarios/settings.ts";
import type { AnalyzeFlags } from "./commands/analyze.ts";
import type { CampaignFlags } from "./commands/campaign.ts";
import type { CompareFlags } from "./commands/compare.ts";
import type { CommonFlags } from "./commands/context.ts";
import type { ManifestsFlags } from "./commands/manifests.ts";
import type { CollectFlags } from "./commands/collect.ts";
import type { PlanFlags } from "./commands/plan.ts";
import type { PlanStackFlags } from "./commands/planStack.ts";
import type { ExportFlags } from "./commands/export.ts";
import type { StackFlags } from "./commands/stack.ts";
import type { SweepFlags } from "./commands/sweep.ts";

export interface LabCommand {
  /** Runs one command line (without node and script); gives the exit code or throws an error to show. */
  run(args: readonly string[]): Promise<number>;
  /** For tests of the help. */
  readonly command: Command;
}

const exitCodeHelp = `
Exit codes:
  0    fine
  1    the work failed: a run, a tool, the engine
  2    bad input: settings, campaign file, bundle, usage
  3    this machine or user cannot: missing tool, no permission, other system, full disk
  4    busy: another command holds the stack or the bundle
  5    compare found a regression, or a cell that is gone
  130  interrupted (Ctrl-C); 143 terminated (SIGTERM)`;

const topHelp = `
Examples:
  npx lab doctor                              what is found, what is missing, how to get it
  npx lab plan campaigns/quick.yaml           its cells, hours, cost, and the smallest difference it can find
  npx lab run campaigns/quick.yaml            a campaign: labs, runs, tables, figures, report
  npx lab up -s netns -c scenario=ingress     one lab and one run, kept up to look at
  npx lab up -s netns -c run=2                the same lab, the load once more
  npx lab collect -s netns                    the run's files and record into results/netns
  npx lab manifests -s local -o manifests     what a cluster would be given, as files; needs no cluster
  npx lab destroy -s netns                    away with it
  npx lab sweep --dry-run                     what earlier commands have left on this machine and in Azure
  npx lab analyze results/quick               tables, figures and report again, from the files alone
  npx lab analyze results/cloud results/local two environments side by side, without a verdict where the beds differ
${exitCodeHelp}`;

export function labCommand(root: string): LabCommand {
  let exitCode = 0;
  const action =
    <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> => {
      exitCode = await work(...args);
    };
  // Loaded when needed: the engine's library takes a second that help and usage errors need not take.
  const stackCommands = () => import("./commands/stack.ts");
  const campaignCommands = () => import("./commands/campaign.ts");

  const lab = new Command("lab")
    .description("Measures how well a network plugin steers traffic: egress gateways and weighted ingress.")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .addHelpText("after", topHelp)
    .showHelpAfterError("(npx lab --help lists all commands)")
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride();

  lab
    .command("doctor")
    .description("what is found, in which version, what is missing and how to get it; whether namespaces work here")
    .addOption(jsonOption("the result as JSON"))
    .addOption(debugOption())
    .action(action(async (flags: CommonFlags) => (await import("./commands/doctor.ts")).doctorCommand(root, flags)));

  stackCommand(lab, "up", "builds or changes a lab, and runs its load when something about the run has changed")
    .addHelpText("after", `\n${upHelp}\n${settingsHelp()}\n${exitCodeHelp}`)
    .action(action(async (flags: StackFlags) => (await stackCommands()).upCommand(root, flags)));

  stackCommand(lab, "preview", "says what `up` would do; changes nothing")
    .addHelpText("after", `\n${settingsHelp()}`)
    .action(action(async (flags: StackFlags) => (await stackCommands()).previewCommand(root, flags)));

  stackCommand(
    lab,
    "manifests",
    "prints every Kubernetes object and Helm release of a stack, in order; needs no cluster",
  )
    .option("-o, --output <folder>", "numbered files and a README.md with their order and the commands")
    .addHelpText("after", `\n${manifestsHelp}\n\n${settingsHelp()}`)
    .action(
      action(async (flags: ManifestsFlags) => (await import("./commands/manifests.ts")).manifestsCommand(root, flags)),
    );

  stackCommand(lab, "destroy", "removes a lab: processes, namespaces, control groups, files", false)
    .addHelpText(
      "after",
      "\nAlso removes what a killed command has left. Results in results/ stay. On a cluster of others CRDs that charts have brought stay too: docs/existing.md says how to see and remove them.",
    )
    .action(action(async (flags: StackFlags) => (await stackCommands()).destroyCommand(root, flags)));

  lab
    .command("sweep")
    .argument("[names...]", "only these, also when they are kept on purpose: stacks, labs, kind clusters, groups")
    .description(
      "finds and removes what outlived its command: labs, kind clusters, expired Azure groups, broken states",
    )
    .option("--dry-run", "only say what there is")
    .option("-y, --yes", "remove without asking")
    .option("--all", "also labs that are kept on purpose, and what belongs to no stack of this project folder")
    .addOption(jsonOption("the result as JSON"))
    .addOption(debugOption())
    .addHelpText(
      "after",
      [
        "\nA lab that a running command uses is never touched, also not in another project folder. One that `lab up` or",
        "`lab run --keep` left up is kept on purpose and stays, unless it is named or --all is given. What remains, of",
        "commands that were killed, goes.",
      ].join("\n"),
    )
    .action(
      action(async (names: string[], flags: SweepFlags) =>
        (await import("./commands/sweep.ts")).sweepCommand(root, names, flags),
      ),
    );

  lab
    .command("plan")
    .description(
      "what a campaign would do: cells, runs, order of the first block, hours, cost, what it can find; with -s what one stack's lab takes",
    )
    .argument("[campaign.yaml]", "campaign file, such as campaigns/quick.yaml")
    .option("-s, --stack <name>", "instead of a campaign: machines, hours and cost of this stack's lab")
    .option("-c, --config <key=value>", "with -s: a setting for this command only; may be repeated", repeated, [])
    .addOption(new Option("--hours <n>", "with -s: how long the lab is to stand").argParser(wholeNumber))
    .option("--from <bundle>", "an earlier bundle, whose noise between runs is taken")
    .addOption(jsonOption("the plan as JSON"))
    .addOption(debugOption())
    .action(
      action(async (file: string | undefined, flags: PlanFlags & Partial<PlanStackFlags>) => {
        const { stack } = flags;
        if ((stack === undefined) === (file === undefined))
          throw new LabError("lab plan takes either a campaign file or a stack", {
            kind: "input",
            remedy: "npx lab plan campaigns/quick.yaml, or npx lab plan -s netns",
          });
        if (file !== undefined) return (await import("./commands/plan.ts")).planCommand(file, flags);
        return (await import("./commands/planStack.ts")).planStackCommand(root, { ...flags, stack: stack ?? "" });
      }),
    );

  lab
    .command("run")
    .description("carries out a campaign: builds labs, runs every cell, destroys the labs, writes the report")
    .argument("<campaign.yaml>", "campaign file, such as campaigns/quick.yaml")
    .addOption(freshOption())
    .option("--dry-run", "say what would be run, in which order and for how long; make nothing")
    .option("--keep", "leave the labs as they are at the end, also after an error")
    .addOption(
      new Option("--parallel <n>", "labs at the same time, where each has a cluster of its own")
        .argParser(wholeNumber)
        .default(1),
    )
    .addOption(jsonOption("progress as JSON, one event a line, as in the bundle's events.jsonl"))
    .addOption(backendOption())
    .addOption(debugOption())
    .addHelpText("after", campaignHelp)
    .action(
      action(async (file: string, flags: CampaignFlags) =>
        (await campaignCommands()).campaignCommand(root, file, flags),
      ),
    );

  lab
    .command("start")
    .description("what `npm start` does: tools where they are missing, then campaigns/quick.yaml, then the report")
    .addOption(freshOption())
    .addOption(jsonOption("progress as JSON, one event a line"))
    .addOption(debugOption())
    .action(action(async (flags: CampaignFlags) => (await campaignCommands()).startCommand(root, flags)));

  stackCommand(lab, "collect", "copies the last run of a lab into a bundle and completes its record", false)
    .option("-b, --bundle <folder>", "bundle to put it into (default: results/<stack>)")
    .option("--record <file>", "the record that a stack of another backend exported; - for standard input")
    .option("--kubeconfig <file>", "how the run's cluster is reached (default: what the stack exported)")
    .option("--context <name>", "context of that kubeconfig (default: its current one)")
    .addHelpText("after", `\n${collectHelp}`)
    .action(action(async (flags: CollectFlags) => (await import("./commands/collect.ts")).collectCommand(root, flags)));

  lab
    .command("analyze")
    .description("makes tables, figures and report of a bundle again, from its files alone; of several, side by side")
    .argument("<bundles...>", "folders of bundles, such as results/quick")
    .option("-o, --output <folder>", "where to (default: the bundle itself; of several results/<one>+<other>)")
    .option("--png", "also draw the figures as PNG at print resolution")
    .addOption(jsonOption("paths and findings as JSON"))
    .addOption(debugOption())
    .action(
      action(async (bundles: string[], flags: AnalyzeFlags) =>
        (await import("./commands/analyze.ts")).analyzeCommand(root, bundles, flags),
      ),
    );

  lab
    .command("compare")
    .description(
      "regression gate: did the newer bundle get worse, or lose a cell? Exit code 5 then; unlike machines are refused",
    )
    .argument("[bundles...]", "the older and the newer bundle")
    .option("--history <folder>", "the newest bundle in this folder against all before it")
    .option(
      "--margin <percent>",
      "changes within it are as good as none (default 5); metric=percent for one metric; may be repeated",
      repeated,
      [],
    )
    .option("--markdown <file>", "also write the table to a file, for a pull request")
    .addOption(jsonOption("the result as JSON"))
    .addOption(debugOption())
    .action(
      action(async (bundles: string[], flags: CompareFlags) =>
        (await import("./commands/compare.ts")).compareCommand(bundles, flags),
      ),
    )
    .addHelpText("after", compareHelp);

  lab
    .command("export")
    .description("writes all tables of a bundle as Parquet files")
    .argument("<bundle>", "folder of the bundle, such as results/quick")
    .option("-o, --output <folder>", "where to (default: parquet/ in the bundle)")
    .addOption(jsonOption("the paths as JSON"))
    .addOption(debugOption())
    .action(
      action(async (bundle: string, flags: ExportFlags) =>
        (await import("./commands/export.ts")).exportCommand(bundle, flags),
      ),
    );

  return {
    command: lab,
    run: async (args) => {
      if (args.length === 0) {
        lab.outputHelp();
        return 0;
      }
      await lab.parseAsync([...args], { from: "user" });
      return exitCode;
    },
  };
}

const upHelp = `A second up with the same settings changes nothing: the load runs again when its settings change,
most simply with another -c run=<name>. The lab stays until npx lab destroy.`;

const manifestsHelp = `Objects are for kubectl apply --server-side; releases, waits and what is no object stand in comments at their place.
What only a cluster can tell is an example address that says so: -c manifests.addresses=…, server.address,
egress.pool and loadBalancer.range give the real ones. No secret is printed.`;

const compareHelp = `
Examples:
  npx lab compare results/main results/branch --markdown change.md
  npx lab compare --history results --margin 5 --margin latency_p99=20

A cell or a metric that has values in the older bundle and none in the newer counts as a regression.
${exitCodeHelp}`;

const collectHelp = `A run that the bundle holds already is not collected again. After a plain pulumi up with a backend of its own:
  pulumi stack output record --json -s local > record.json
  pulumi stack output kubeconfig --show-secrets -s local > kubeconfig    (where there is a cluster)
  npx lab collect --record record.json --kubeconfig kubeconfig -b results/local
or with your login to that backend: npx lab collect -s local --backend`;

const campaignHelp = `
A campaign file lists cells (lists of values make one cell for each combination), blocks, and settings for all:

  name: mine
  blocks: 3
  settings:
    warmup: 2s
  cells:
    - scenario: egress
      path: [base, gateway]
    - scenario: ingress
      gateway: [nginx, envoy]
      vus: [1, 10, 100]

The bundle is results/<name>. Run the same file again to go on after an interruption: whole runs are kept.
${exitCodeHelp}`;

/** The settings as a list: name, default, what it is. */
function settingsHelp(): string {
  const rows = settingNames
    .filter((name) => name !== "run")
    .map((name) => {
      const { description, ...setting } = settingTable[name];
      const fallback = setting.default === "" ? "" : ` (default ${String(setting.default)})`;
      return `  ${name.padEnd(15)} ${description}${fallback}`;
    });
  const run = settingTable.run;
  return [
    "Settings for -c, in Pulumi.<stack>.yaml and in campaigns:",
    `  ${"run".padEnd(15)} ${run.description}`,
    ...rows,
  ].join("\n");
}

function stackCommand(parent: Command, name: string, description: string, takesSettings = true): Command {
  const command = parent
    .command(name)
    .description(description)
    .option("-s, --stack <name>", "the stack: Pulumi.<name>.yaml holds its settings", "netns");
  if (takesSettings) {
    command.option(
      "-c, --config <key=value>",
      "a setting for this command only, never saved; may be repeated",
      repeated,
      [],
    );
  }
  return command.addOption(jsonOption("the result as JSON")).addOption(backendOption()).addOption(debugOption());
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 to 999.");
}

const repeated = (value: string, before: readonly string[]): string[] => [...before, value];
const debugOption = (): Option => new Option("--debug", "show stack traces and the engine's own text");
const jsonOption = (description: string): Option => new Option("--json", description);
const freshOption = (): Option => new Option("--fresh", "move an earlier bundle of this campaign aside and begin anew");
const backendOption = (): Option =>
  new Option("--backend", "use your own Pulumi backend and login instead of the one inside the project");
