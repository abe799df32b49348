import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DrillAnswer } from "../../core/drill/answer.ts";
import { referenceOf, type Exhibit } from "../../core/drill/exhibit.ts";
import { isJsonObject } from "../../core/json/json.ts";
import { readJson } from "../../core/json/read-json.ts";
import type { ExchangeContext, ExportedDocument } from "../../core/policy/exports/engine.ts";
import { policyControllerExport } from "../../core/policy/exports/policy-controller/export.ts";
import { toFiles } from "../policy/render-exchange.ts";
import type { DrillTarget } from "../../ports/drill.ts";
import { beyondImages } from "./beyond-images.ts";
import { exportTolerantly } from "./export-tolerantly.ts";
import { runProgram, toDetail } from "./run-program.ts";

export type PolicyControllerOptions = {
  /** `policy-tester`, policy-controller's own evaluator of its policies. */
  readonly path: string;
  /** An empty folder: no configuration and no cache of the person who runs the drill. */
  readonly home: string;
  readonly context: ExchangeContext;
};

/** policy-controller, with the policies that our export writes for it: what it answers is what a cluster would be told. */
export function policyControllerTarget(options: PolicyControllerOptions): DrillTarget {
  return {
    name: "policy-controller",
    ask: async (exhibit, signal) => {
      const documents = documentsFor(exhibit, options.context);
      return typeof documents === "string"
        ? { kind: "not-run", detail: documents }
        : askTester(options, documents, referenceOf(exhibit), signal);
    },
  };
}

/** What is written for it; or why there is nothing to ask it. */
function documentsFor(exhibit: Exhibit, context: ExchangeContext): readonly ExportedDocument[] | string {
  return beyondImages(exhibit) ?? exportTolerantly(policyControllerExport, exhibit.policy, context);
}

/** Its evaluator reads policies from one file, and one TrustRoot from another. */
async function askTester(
  options: PolicyControllerOptions,
  documents: readonly ExportedDocument[],
  image: string,
  signal: AbortSignal,
): Promise<DrillAnswer> {
  const [root, ...others] = documents.filter(isRoot);
  if (others.length > 0) return { kind: "not-run", detail: "its evaluator takes one TrustRoot" };
  const policies = await write(
    options.home,
    "policies",
    documents.filter((one) => !isRoot(one)),
  );
  const trust = root ? ["-trustroot", await write(options.home, "trust-root", [root])] : [];
  const run = await runProgram(
    options,
    ["-policy", policies, ...trust, "-image", image, "-log-level", "error"],
    signal,
  );
  if (run.kind === "not-run") return run;
  if (run.isZero) return { kind: "admitted", detail: "" };
  const errors = errorsOf(run.stdout);
  // It ends in the same way when it cannot read what it was given, and then says nothing of the image.
  return errors === undefined
    ? { kind: "not-run", detail: toDetail(run.stderr) }
    : { kind: "refused", codes: [], detail: toDetail(errors) };
}

function isRoot({ value }: ExportedDocument): boolean {
  return value["kind"] === "TrustRoot";
}

async function write(home: string, name: string, documents: readonly ExportedDocument[]): Promise<string> {
  const [file] = toFiles(name, documents);
  const path = join(home, `${name}.yaml`);
  await writeFile(path, file?.text ?? "");
  return path;
}

const OUTPUT_BYTES_MAX = 1024 * 1024;
const OUTPUT_DEPTH_MAX = 8;

/** `{"errors": […]}` on a line of its own: its judgement of the image. */
function errorsOf(stdout: string): string | undefined {
  const line = stdout.split("\n").find((one) => one.startsWith("{"));
  const read = readJson(new TextEncoder().encode(line ?? ""), {
    bytesMax: OUTPUT_BYTES_MAX,
    depthMax: OUTPUT_DEPTH_MAX,
  });
  const errors = read.ok && isJsonObject(read.value) ? read.value["errors"] : undefined;
  return Array.isArray(errors) ? errors.map(String).join("; ") : undefined;
}
