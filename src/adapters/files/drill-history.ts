import { appendFile, readFile } from "node:fs/promises";
import { trialKey, type DrillRun, type PastAnswers } from "../../core/drill/run.ts";
import { Fault } from "../../core/fault.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../../core/json/json.ts";
import { JSON_DEPTH_MAX, readJsonText } from "../../core/json/read-json.ts";
import type { DrillHistory } from "../../ports/drill.ts";

/**
 * A history of drills as lines of JSON, one a run, in a file that is made with the first. A line that cannot be read is a
 * fault: an alarm that is not given because of it would be missed.
 */
export function drillHistoryFile(path: string): DrillHistory {
  return {
    lastAnswers: async (target) => {
      const answers = new Map<string, "admit" | "refuse">();
      for (const line of await readLines(path)) addAnswers(answers, target, line);
      return answers;
    },
    append: async (run) => {
      await appendFile(path, `${JSON.stringify(run satisfies DrillRun)}\n`).catch(unwritable(path));
    },
  };
}

async function readLines(path: string): Promise<readonly JsonValue[]> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return "";
    throw new Fault("input.unreadable", path, { cause });
  });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, i) => {
      const json = readJsonText(line, JSON_DEPTH_MAX);
      if (!json.ok) throw new Fault("input.malformed", `${path}:${i + 1}: ${json.detail}`);
      return json.value;
    });
}

function unwritable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new Fault("output.unwritable", path, { cause });
  };
}

/** Later runs come later in the file, so what is set last is what holds. */
function addAnswers(answers: Map<string, "admit" | "refuse">, target: string, line: JsonValue): PastAnswers {
  if (!isJsonObject(line) || line["target"] !== target) return answers;
  for (const result of objectsOf(line["cases"])) {
    for (const trial of objectsOf(result["trials"])) {
      const { name, answer } = trial;
      const { id } = result;
      if (typeof id !== "string" || typeof name !== "string" || typeof answer !== "string") continue;
      if (answer !== "not-run") answers.set(trialKey(id, name), answer === "admit" ? "admit" : "refuse");
    }
  }
  return answers;
}

function objectsOf(value: JsonValue | undefined): readonly { readonly [name: string]: JsonValue }[] {
  return isJsonArray(value) ? value.filter(isJsonObject) : [];
}
