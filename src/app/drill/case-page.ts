import { readFile } from "node:fs/promises";
import type { DrillCase } from "../../core/drill/drill-case.ts";
import { Fault } from "../../core/fault.ts";
import { asNodeError } from "../node-error.ts";

/** Beside the case where this runs from source; built code has the sources beside it. */
const FOLDERS = ["../../core/drill/cases/", "../../../src/core/drill/cases/"];

/** The page of a case: what it is, how it is made, the correct answer. Faults: `input.missing`, where it was not installed. */
export async function readCasePage({ id }: Pick<DrillCase, "id">): Promise<string> {
  for (const folder of FOLDERS) {
    // oxlint-disable-next-line no-await-in-loop -- the second only where the first is not there
    const page = await readIfThere(new URL(`${folder}${id}/case.md`, import.meta.url));
    if (page !== undefined) return page;
  }
  throw new Fault("input.missing", `the page of case ${id}`);
}

async function readIfThere(file: URL): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: unknown) => {
    if (asNodeError(error)?.code === "ENOENT") return undefined;
    throw error;
  });
}
