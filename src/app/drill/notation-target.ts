import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DrillAnswer } from "../../core/drill/answer.ts";
import { renderPem } from "../../core/bytes/pem.ts";
import { referenceOf, type Exhibit } from "../../core/drill/exhibit.ts";
import { DRILL_STORE } from "../../core/drill/good.ts";
import type { ExchangeContext } from "../../core/policy/exports/engine.ts";
import { notationExport } from "../../core/policy/exports/notation/export.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import { toFiles } from "../policy/render-exchange.ts";
import { beyondImages } from "./beyond-images.ts";
import { exportTolerantly } from "./export-tolerantly.ts";
import { runProgram, toDetail } from "./run-program.ts";

export type NotationOptions = {
  /** The program. */
  readonly path: string;
  /** An empty folder: no configuration of the person who runs the drill. */
  readonly home: string;
  readonly context: ExchangeContext;
};

/** `notation verify`, with the trust policy that our export writes for it, and the drill's trust store. */
export function notationTarget(options: NotationOptions): DrillTarget {
  return {
    name: "notation",
    ask: async (exhibit, signal) => {
      const text = documentFor(exhibit, options.context);
      if (typeof text !== "object") return { kind: "not-run", detail: text };
      await configure(options.home, exhibit, text.text);
      return runNotation(options, ["verify", "--insecure-registry", referenceOf(exhibit)], signal);
    },
  };
}

/** The trust policy document; or why there is none. */
function documentFor(exhibit: Exhibit, context: ExchangeContext): { readonly text: string } | string {
  const beyond = beyondImages(exhibit);
  if (beyond !== undefined) return beyond;
  if (!exhibit.notationRoot) return "signed with Sigstore, which it does not read";
  const documents = exportTolerantly(notationExport, exhibit.policy, context);
  if (typeof documents === "string") return documents;
  const [file] = toFiles("notation", documents);
  return file ?? "nothing is written for it";
}

async function configure(home: string, { notationRoot }: Exhibit, policy: string): Promise<void> {
  const folder = join(home, ".config", "notation");
  const store = join(folder, "truststore", "x509", "ca", DRILL_STORE);
  await mkdir(store, { recursive: true });
  await writeFile(join(store, "root.pem"), renderPem("CERTIFICATE", notationRoot ?? new Uint8Array(0)));
  await writeFile(join(folder, "trustpolicy.json"), policy, { mode: 0o600 });
}

async function runNotation(
  options: NotationOptions,
  args: readonly string[],
  signal: AbortSignal,
): Promise<DrillAnswer> {
  const run = await runProgram(options, args, signal);
  if (run.kind === "not-run") return run;
  if (run.isZero) return { kind: "admitted", detail: "" };
  const lines = run.stderr.split("\n").filter((line) => line.trim() !== "");
  const line = lines.findLast((one) => one.startsWith("Error: ")) ?? lines.at(-1) ?? "";
  return { kind: "refused", codes: [], detail: toDetail(line) };
}
