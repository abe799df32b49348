import { Argument, type Command } from "commander";
import type { ExitCode, Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import type { DrillSetup, OpenDrill } from "../../app/wiring/drill.ts";
import { DRILL_CASES } from "../../core/drill/cases.ts";
import type { DrillCase } from "../../core/drill/drill-case.ts";
import type { CaseResult, DrillRun } from "../../core/drill/run.ts";
import { Fault } from "../../core/fault.ts";
import { commandOf, INPUT, optionOf, OUTPUT, outputOption } from "./command.ts";
import { readCasePage } from "../../app/drill/case-page.ts";

/** Opens the kit and the verifier; loaded when the command runs. */
export type OpenDrillWorld = (setup: DrillSetup) => Promise<OpenDrill>;

const openReal: OpenDrillWorld = async (setup) => (await import("../../app/wiring/drill.ts")).openDrill(setup);

/** `countersign drill`: does a verifier refuse what it must refuse? */
export function command(io: Io, open: OpenDrillWorld = openReal): Command {
  return commandOf("drill", {
    sentence: "Puts deliberately bad artifacts to a verifier, and says which of its answers are wrong.",
    examples: [
      "countersign drill run --target webhook",
      "countersign drill run --target cosign --cases A,C,D -o json",
      "countersign drill show C07",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign verify"],
  })
    .addCommand(runCommand(io, open))
    .addCommand(listCommand(io, "list"))
    .addCommand(listCommand(io, "cases"), { hidden: true })
    .addCommand(showCommand(io));
}

type RunOptions = {
  readonly target: string;
  readonly cases?: string;
  readonly history?: string;
  readonly output: Format;
};

function runCommand(io: Io, open: OpenDrillWorld): Command {
  return commandOf("run", {
    sentence: "Makes the artifacts, asks a verifier about each, and judges its answers.",
    examples: [
      "countersign drill run --target webhook",
      "countersign drill run --target verify --cases C07,D14",
      "countersign drill run --target cosign --history drills.jsonl -o json",
    ],
    exits: [0, 1, 3],
  })
    .addOption(
      optionOf(
        INPUT,
        "--target <name>",
        "verify, webhook, cosign, policy-controller, notation; others are reported as not run",
      ).makeOptionMandatory(),
    )
    .addOption(optionOf(INPUT, "--cases <ids>", "ids or letters of groups, separated by commas; all unless given"))
    .addOption(optionOf(OUTPUT, "--history <file>", "keep the answers there, and compare with the last"))
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async ({ target, cases, history, output }: RunOptions) => {
      const chosen = choose(cases);
      const drill = await open({ target, history, env: io.env });
      try {
        const run = await drill.run(chosen, io.signal);
        io.exit(exitOf(run));
        await emit(io, output, { json: run, text: () => renderRun(io, run) });
      } finally {
        await drill.close();
      }
    });
}

function choose(ids: string | undefined): readonly DrillCase[] {
  if (ids === undefined) return DRILL_CASES;
  const wanted = ids.split(",").map((id) => id.trim().toUpperCase());
  const unknown = wanted.find((name) => !DRILL_CASES.some((drillCase) => isMeant(drillCase, name)));
  if (unknown !== undefined) throw new Fault("input.malformed", `--cases: there is no ${unknown.slice(0, 40)}`);
  return DRILL_CASES.filter((drillCase) => wanted.some((name) => isMeant(drillCase, name)));
}

function isMeant({ id }: DrillCase, name: string): boolean {
  return name === id || (name.length === 1 && id.startsWith(name));
}

/** One wrong answer is a no; one that was not given leaves the question open. */
function exitOf({ counts }: DrillRun): ExitCode {
  if (counts.wrong > 0) return 1;
  return counts["not-run"] > 0 ? 3 : 0;
}

const SYMBOLS = { ok: "ok", wrong: "finding", "not-run": "undecided" } as const;

function renderRun(io: Io, { target, cases, counts, alarms }: DrillRun): string {
  const paint = paintFor(io, io.outTerminal);
  const told = cases.filter(({ outcome }) => outcome !== "ok");
  const lines = told.map((result) => `  ${paint.symbol(SYMBOLS[result.outcome])} ${renderCase(result)}\n`);
  const alarm = alarms.map(
    (key) => `  ${paint.symbol("finding")} ${key}: ${target} used to refuse this, and admits it now\n`,
  );
  const head = `${target}: ${counts.ok} of ${cases.length} as they must be, ${counts.wrong} wrong, ${counts["not-run"]} not run\n`;
  return head + alarm.join("") + lines.join("");
}

function renderCase({ id, name, expected, answer, outcome, detail }: CaseResult): string {
  const [first = ""] = detail.split("\n");
  const what = outcome === "not-run" ? `not run: ${first}` : `expected ${expected}, got ${answer}: ${first}`;
  return `${id} ${name}\n      ${what}`;
}

function listCommand(io: Io, verb: string): Command {
  return commandOf(verb, {
    sentence: "Lists the cases.",
    examples: [`countersign drill ${verb}`, `countersign drill ${verb} -o json`],
    exits: [0],
  })
    .addOption(outputOption<Format>(["table", "json", "csv"]))
    .action(async ({ output }: { readonly output: Format }) => {
      await emit(io, output, {
        json: { items: DRILL_CASES.map(toJson) },
        table: {
          rows: DRILL_CASES,
          columns: [
            { title: "id", cell: ({ id }: DrillCase) => id },
            { title: "case", cell: ({ name }: DrillCase) => name },
            { title: "channel", cell: ({ channel }: DrillCase) => channel },
          ],
        },
      });
    });
}

function toJson({ id, name, channel, root, trials }: DrillCase) {
  return {
    id,
    name,
    channel,
    root,
    trials: trials.map(({ name: trial, expected }) => ({
      name: trial,
      expected: expected.kind === "admit" ? ["admit"] : [...expected.codes],
    })),
  };
}

function showCommand(io: Io): Command {
  return commandOf("show", {
    sentence: "Shows what a case is, how it is made, and the correct answer.",
    examples: ["countersign drill show C07"],
    exits: [0],
  })
    .addArgument(new Argument("<id>", "of a case, such as C07"))
    .action(async (id: string) => {
      const found = DRILL_CASES.find((drillCase) => drillCase.id === id.toUpperCase());
      if (!found) throw new Fault("input.malformed", `there is no case ${id.slice(0, 40)}`);
      io.out(await readCasePage(found));
    });
}
