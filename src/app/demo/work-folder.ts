import { existsSync, mkdirSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Fault } from "../../core/fault.ts";
import { asNodeError } from "../node-error.ts";

/** The folder of a demo: the one to keep, made with what is above it, or a temporary one. Faults: `store.read-only`, `store.unreadable`. */
export function workFolder(keep: string | undefined): string {
  try {
    if (keep === undefined) return mkdtempSync(join(tmpdir(), "countersign-demo-"));
    makeFolder(keep);
    return keep;
  } catch (cause) {
    const code = asNodeError(cause)?.code;
    if (code === undefined) throw cause;
    throw new Fault(code === "EROFS" || code === "EACCES" ? "store.read-only" : "store.unreadable", keep ?? tmpdir(), {
      cause,
    });
  }
}

/** Not Node's `recursive`: it never returns where a folder that exists answers ENOENT for its children, as /proc does. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = asNodeError(error)?.code;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}
