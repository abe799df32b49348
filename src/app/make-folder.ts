import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { asNodeError } from "./node-error.ts";

/**
 * Makes a folder that a person named, with those above it; one that is there is taken as it is. Not Node's `recursive`: it
 * never returns where a folder that exists answers ENOENT for its children, as /proc does. Errors are Node's.
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const code = asNodeError(error)?.code;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}
