import { readDocuments } from "../../adapters/manifests/documents.ts";
import { withChangedEntry, withEntry } from "../../adapters/manifests/register-file.ts";
import { parseUtf8, toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { judgeConsistency } from "../../core/gate/identity/consistency.ts";
import { readRegister } from "../../core/gate/identity/read-register.ts";
import type { IdentityRegister } from "../../core/gate/identity/register.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { renderProblem } from "../../core/policy/problem.ts";
import { unifiedDiff } from "../../core/text/unified-diff.ts";
import { readInput } from "../read-input.ts";
import { patternEngine } from "../wiring/policy-set.ts";

/** What is to become of a register. */
export type RegisterEdit =
  | { readonly kind: "add"; readonly entry: JsonObject }
  | { readonly kind: "set"; readonly id: string; readonly members: JsonObject };

/** A register of identities as a change leaves it; nothing has been written. */
export type ChangedRegister = {
  readonly text: string;
  /** For `git apply`; empty when nothing changes. */
  readonly patch: string;
  /** What of the changed entries does not agree (GI007, GI008): errors, and what to look at. */
  readonly findings: readonly { readonly code: string; readonly isError: boolean; readonly says: string }[];
};

const REGISTER_BYTES_MAX = 1024 * 1024;

/**
 * Changes the text of a register, and reads what comes of it as the gate will. Faults: those of reading a file, unless it
 * may be new; `input.malformed` when the register cannot be read, before the change or after it.
 */
export async function changeRegister(path: string, edit: RegisterEdit): Promise<ChangedRegister> {
  const before = await readText(path, edit.kind === "add");
  const old = before.trim() === "" ? undefined : read(path, before);
  const text = edit.kind === "add" ? withEntry(before, edit.entry) : withChangedEntry(before, edit.id, edit.members);
  if (text === undefined) {
    const what = edit.kind === "add" ? "no register with a list of identities" : `no entry ${edit.id}`;
    throw new Fault("input.malformed", `${path}: ${what}`);
  }
  const register = read(path, text);
  const found = judgeConsistency({ before: { register: old }, after: { register } });
  return {
    text,
    patch: unifiedDiff(path, before, text),
    findings: found
      .filter(({ isNew }) => isNew)
      .map(({ code, level, says }) => ({ code, isError: (level ?? "error") === "error", says })),
  };
}

async function readText(path: string, mayBeNew: boolean): Promise<string> {
  try {
    const text = parseUtf8(await readInput(path, REGISTER_BYTES_MAX));
    if (text === undefined) throw new Fault("input.malformed", `${path} is not UTF-8`);
    return text;
  } catch (cause) {
    if (mayBeNew && cause instanceof Fault && cause.id === "input.missing") return "";
    throw cause;
  }
}

function read(path: string, text: string): IdentityRegister {
  const { documents, problems } = readDocuments([{ path, bytes: toUtf8(text) }]);
  const reading = readRegister(documents, patternEngine);
  const all = [...problems, ...reading.problems];
  if (all.length > 0 || !reading.register) throw new Fault("input.malformed", all.map(renderProblem).join("\n"));
  return reading.register;
}
