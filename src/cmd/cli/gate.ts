import { Argument, InvalidArgumentError, type Command } from "commander";
import { explainGate, renderExplained } from "../../app/gate/explain-code.ts";
import { GATE_FORMATS, type GateFormat } from "../../app/gate/formats.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { GATE_PARTS, type GatePartName } from "../../core/gate/parts.ts";
import { parseRfc3339, type UnixMs } from "../../core/time.ts";
import { commandOf, configOption, INPUT, OUTPUT, optionOf, outputOption, wholeNumber } from "./command.ts";

/** `countersign gate`: does a change loosen trust? */
export function command(io: Io): Command {
  return commandOf("gate", {
    sentence: "Refuses changes that accept more than before, bring in unmanaged identities or weaken signing.",
    examples: ["countersign gate check --base origin/main", "countersign gate explain GP001"],
    exits: [0, 1, 3, 5],
  })
    .addCommand(checkCommand(io))
    .addCommand(explainCommand(io));
}

type CheckOptions = {
  readonly base: string;
  readonly head: string;
  readonly repo: string;
  readonly gateConfig?: string;
  readonly only?: GatePartName;
  readonly budgetSteps?: number;
  readonly inventory?: string;
  readonly baseRendered?: string;
  readonly headRendered?: string;
  readonly bundles?: string;
  readonly now?: UnixMs;
  readonly config?: string;
  readonly output?: readonly GateFormat[];
  readonly out?: string;
};

function checkCommand(io: Io): Command {
  return commandOf("check", {
    sentence: "Compares two states of a repository, and refuses what loosens trust, with a witness for each finding.",
    examples: [
      "countersign gate check --base origin/main",
      "countersign gate check --base ./rendered/main --head ./rendered/change -o json",
      "countersign gate check --base origin/main --head HEAD -o github -o sarif --out gate/",
    ],
    exits: [0, 1, 3, 5],
    seeAlso: ["countersign gate explain GP001", "docs/how-to/gate-a-change.md"],
  })
    .addOption(
      optionOf(INPUT, "--base <rev|dir>", "what the change goes into; says what is acceptable").makeOptionMandatory(),
    )
    .addOption(optionOf(INPUT, "--head <rev|dir>", "the change; a folder is written with ./").default("HEAD"))
    .addOption(optionOf(INPUT, "--repo <dir>", "a folder of the repository").default("."))
    .addOption(optionOf(INPUT, "--gate-config <path>", "path of the base, instead of .countersign/gate.yaml"))
    .addOption(optionOf(INPUT, "--only <part>", "one part alone").choices(GATE_PARTS))
    .addOption(
      optionOf(INPUT, "--inventory <file>", "what runs and who signs: of workload list -o json or event list -o json"),
    )
    .addOption(optionOf(INPUT, "--base-rendered <dir>", "what charts and kustomizations of the base render to"))
    .addOption(optionOf(INPUT, "--head-rendered <dir>", "the same of the head"))
    .addOption(
      optionOf(INPUT, "--budget-steps <n>", "steps of the search, for each system and direction").argParser(
        wholeNumber(1, 2_000_000_000),
      ),
    )
    .addOption(
      optionOf(
        INPUT,
        "--bundles <dir>",
        "what references lead to: sha256-….yaml of a bundle, COMMIT/PATH of a file in Git; taken as given",
      ),
    )
    .addOption(optionOf(INPUT, "--now <instant>", "instead of the clock").argParser(instantOf))
    .addOption(configOption())
    .addOption(
      optionOf(OUTPUT, "-o, --output <format>", `how the report is printed: ${GATE_FORMATS.join(", ")}`).argParser(
        collectFormat,
      ),
    )
    .addOption(optionOf(OUTPUT, "--out <dir>", "write each format there; then -o can be repeated"))
    .action(async (options: CheckOptions) => {
      const { base, head, repo, output = ["text"], out, now = io.now() } = options;
      const { checkGate } = await import("../../app/wiring/gate.ts");
      const { putReport } = await import("../../app/gate/report-outputs.ts");
      const sides = { base, head, repository: repo, path: io.env["PATH"] };
      const report = await checkGate({ ...options, ...sides, env: io.env, now, signal: io.signal });
      io.exit(report.exit);
      await putReport(io, report, { formats: output, out });
    });
}

function collectFormat(value: string, before: readonly GateFormat[] = []): readonly GateFormat[] {
  const format = GATE_FORMATS.find((known) => known === value);
  if (format === undefined) throw new InvalidArgumentError(`One of ${GATE_FORMATS.join(", ")}.`);
  return [...new Set([...before, format])];
}

function instantOf(text: string): UnixMs {
  const at = parseRfc3339(text);
  if (at === undefined) throw new InvalidArgumentError("An instant, as in 2026-11-24T00:00:00Z.");
  return at;
}

type ExplainOptions = { readonly output: Format; readonly report?: string };

function explainCommand(io: Io): Command {
  return commandOf("explain", {
    sentence: "Says what a code of the gate means and what to do, or tells one finding of a report in full.",
    examples: [
      "countersign gate explain GP001",
      "countersign gate explain gs002 -o json",
      "countersign gate explain sha256:3f2a --report gate.json",
    ],
    exits: [0],
    seeAlso: ["countersign gate check", "countersign explain"],
  })
    .addArgument(new Argument("<code>", "a code such as GP001; with --report the id of a finding, or a part of it"))
    .addOption(optionOf(INPUT, "--report <file>", "what `gate check -o json` wrote"))
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (name: string, { output, report }: ExplainOptions) => {
      const explained = await explainGate(name, report);
      const { finding, ...code } = explained;
      await emit(io, output, {
        json: { ...code, ...(finding && { finding }) },
        text: () => renderExplained(explained),
      });
    });
}
