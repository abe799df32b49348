import { Argument, type Command } from "commander";
import { EXITS } from "../../app/exit.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { JsonValue } from "../../app/output/json-value.ts";
import type { ExitCode, Io } from "../../app/io.ts";
import { Fault, FAULTS, type FaultId } from "../../core/fault.ts";
import { ALL_GATE_CODES, GATE_HELP, parseGateCode, usualExitOf } from "../../core/gate/code-help.ts";
import { GATE_CODES, type GateCode } from "../../core/gate/codes.ts";
import { parsePolicyCode, POLICY_CODES, type PolicyCode } from "../../core/policy/problem-codes.ts";
import { reasonClassOf } from "../../core/policy/reason-class.ts";
import { EXPLAINED_REASONS, helpOfReason, type ReasonHelp } from "../../core/policy/reason-help.ts";
import { commandOf, outputOption } from "./command.ts";
import { nearest } from "../../app/nearest.ts";

/** `countersign explain ID`: what a fault, a policy error, a reason, a rule, a detector, a code of the gate or an exit code means. */
export function command(io: Io): Command {
  return commandOf("explain", {
    sentence:
      "Says what a fault, a policy error, a reason of a denial, a lint rule, a detector, a finding of the gate or an exit code means, and what to do about it.",
    examples: ["countersign explain store.busy", "countersign explain child-not-signed", "countersign explain SIG-03"],
    exits: [0],
  })
    .addArgument(
      new Argument(
        "<id>",
        "a fault id such as store.busy, a policy error such as TP104, a reason of a denial such as no-signature, a lint rule such as SIG-03, a detector such as D16, a code of the gate such as GP001, or an exit code such as 3",
      ),
    )
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (id: string, options: { output: Format }) => {
      const json = await explain(id);
      await emit(io, options.output, { json, text: () => renderText(json) });
    });
}

type Explained = {
  readonly id: string;
  readonly kind: "fault" | "policy-error" | "reason" | "lint-rule" | "detector" | "gate-code" | "exit-code";
  readonly message: string;
  readonly remedy?: string;
  readonly exit: number;
  /** Of a lint rule or a detector: its page, in Markdown. */
  readonly page?: string;
};

async function explain(id: string): Promise<Explained & { readonly [key: string]: JsonValue | undefined }> {
  if (isFaultId(id)) return { id, kind: "fault", ...FAULTS[id] };
  const policyCode = parsePolicyCode(id.toUpperCase());
  if (policyCode !== undefined) return explainPolicyCode(policyCode);
  const gateCode = parseGateCode(id);
  if (gateCode !== undefined) return explainGateCode(gateCode);
  const code = exitCodes().find((exit) => String(exit) === id);
  if (code !== undefined) return { id, kind: "exit-code", message: `${EXITS[code]}.`, exit: code };
  const help = helpOfReason(id);
  if (help && EXPLAINED_REASONS.includes(id)) return explainReason(id, help);
  // Loaded when nothing smaller answers: the rules bring the readers of pipelines with them.
  const { readRulePage, RULE_NAMES } = await import("../../app/lint/rule-page.ts");
  const found = readRulePage(id);
  if (found) return explainPage("lint-rule", found.rule.code, found.page);
  const { readDetectorPage, DETECTOR_NAMES } = await import("../../app/detector-page.ts");
  const detected = readDetectorPage(id);
  if (detected) return explainPage("detector", detected.detector.id, detected.page);
  // Of a reason that has the words of its class alone; rules have names that look like these.
  if (help) return explainReason(id, help);
  const ids = [
    ...Object.keys(FAULTS),
    ...Object.keys(POLICY_CODES),
    ...EXPLAINED_REASONS,
    ...RULE_NAMES,
    ...DETECTOR_NAMES,
    ...ALL_GATE_CODES,
  ];
  const known = nearest(id, ids);
  throw new Fault("input.malformed", known ? `${id}: no such id; did you mean "${known}"?` : `${id}: no such id`);
}

/** Warnings leave the exit code at 0. */
function explainPolicyCode(id: PolicyCode): Explained {
  const { title, fix, level = "error" }: { title: string; fix: string; level?: string } = POLICY_CODES[id];
  const message = `${title}${level === "warning" ? " (a warning)" : ""}.`;
  return { id, kind: "policy-error", message, remedy: fix, exit: level === "warning" ? 0 : 1 };
}

/** Where the world failed nobody knows; everything else is a definite no, except for what was let in. */
function explainReason(id: string, { means, remedy }: ReasonHelp): Explained {
  const found = reasonClassOf(id);
  const exit = found === "environment" ? 3 : found === "admitted" ? 0 : 1;
  return { id, kind: "reason", message: means, remedy, exit };
}

function explainGateCode(id: GateCode): Explained {
  const { means, remedy } = GATE_HELP[id];
  return { id, kind: "gate-code", message: `${GATE_CODES[id]}. ${means}`, remedy, exit: usualExitOf(id) };
}

/** The first paragraph of a page says what it is about. */
function explainPage(kind: "lint-rule" | "detector", id: string, page: string): Explained {
  const [, message = ""] = page.split("\n\n");
  return { id, kind, message: message.replaceAll("\n", " "), exit: 1, page };
}

function renderText(explained: Explained): string {
  if (explained.page !== undefined) return `${explained.id}\n\n${explained.page}`;
  const remedy = explained.remedy ? `  remedy: ${explained.remedy}\n` : "";
  return `${explained.id}: ${explained.message}\n${remedy}  exit:   ${explained.exit}\n`;
}

function isFaultId(id: string): id is FaultId {
  return Object.hasOwn(FAULTS, id);
}

function exitCodes(): readonly ExitCode[] {
  return [0, 1, 2, 3, 4, 5, 70, 130, 143];
}
