import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { GateReport } from "../../core/gate/report.ts";
import type { Io } from "../io.ts";
import { asNodeError } from "../node-error.ts";
import { paintFor } from "../output/paint.ts";
import { makeOutputFolder, writeOutput } from "../write-output.ts";
import type { GateFormat } from "./formats.ts";
import { renderReport } from "./render-report.ts";

/** What a format's file is called in the folder of `--out`. */
const FILES: Readonly<Record<GateFormat, string>> = {
  text: "gate.txt",
  json: "gate.json",
  sarif: "gate.sarif",
  github: "gate.github.txt",
  gitlab: "gate.gitlab.json",
  junit: "gate.junit.xml",
  markdown: "gate.md",
};

export type Outputs = { readonly formats: readonly GateFormat[]; readonly out?: string | undefined };

/**
 * Prints a report in one format; with a folder writes every format there, and prints what a log is read for: annotations
 * where they were asked for, else the text. On GitHub the step's summary gets the Markdown. Faults: `output.unwritable`,
 * `input.malformed` for several formats without a folder.
 */
export async function putReport(io: Io, report: GateReport, { formats, out }: Outputs): Promise<void> {
  const [only = "text", ...others] = formats;
  if (out === undefined && others.length > 0)
    throw new Fault("input.malformed", `-o ${formats.join(" -o ")}: several formats need --out DIR`);
  const render = (format: GateFormat): string => renderReport(report, format, paintFor(io, io.outTerminal));
  if (out !== undefined) {
    makeOutputFolder(out);
    await Promise.all(formats.map((format) => writeOutput(join(out, FILES[format]), toUtf8(render(format)))));
  }
  io.out(render(out === undefined ? only : formats.includes("github") ? "github" : "text"));
  const summary = io.env["GITHUB_STEP_SUMMARY"];
  if (formats.includes("github") && summary !== undefined && summary !== "")
    await appendSummary(summary, render("markdown"));
}

async function appendSummary(path: string, markdown: string): Promise<void> {
  try {
    await appendFile(path, markdown);
  } catch (cause) {
    if (asNodeError(cause) === undefined) throw cause;
    throw new Fault("output.unwritable", path, { cause });
  }
}
