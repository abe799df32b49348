import { open, rename, rm } from "node:fs/promises";
import { Fault } from "../core/fault.ts";
import { makeFolder } from "./make-folder.ts";
import { asNodeError } from "./node-error.ts";

/**
 * Writes a file that a person named: whole, or not at all. It is written beside its place and moved there, so that a full
 * disk leaves no half of it. Faults: `output.unwritable`.
 */
export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  try {
    const file = await open(unfinished, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true });
    if (asNodeError(cause) === undefined) throw cause;
    throw new Fault("output.unwritable", path, { cause });
  }
}

/** Makes the folder that a person named for output. Faults: `output.unwritable`. */
export function makeOutputFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (cause) {
    if (asNodeError(cause) === undefined) throw cause;
    throw new Fault("output.unwritable", path, { cause });
  }
}
