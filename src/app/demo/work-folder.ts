import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "../../core/fault.ts";
import { makeFolder } from "../make-folder.ts";
import { asNodeError } from "../node-error.ts";

/** The folder of a demo: the one to keep, made with what is above it, or a temporary one. Faults: `store.read-only`, `store.unreadable`. */
export function workFolder(keep: string | undefined): string {
  try {
    if (keep === undefined) return mkdtempSync(join(tmpdir(), "countersign-demo-"));
    makeFolder(keep, 0o700);
    return keep;
  } catch (cause) {
    const code = asNodeError(cause)?.code;
    if (code === undefined) throw cause;
    throw new Fault(code === "EROFS" || code === "EACCES" ? "store.read-only" : "store.unreadable", keep ?? tmpdir(), {
      cause,
    });
  }
}
