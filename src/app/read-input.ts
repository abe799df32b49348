import { open } from "node:fs/promises";
import { Fault } from "../core/fault.ts";
import { asNodeError } from "./node-error.ts";

/** Reads a file that a person named, whole. Faults: `input.missing`, `input.unreadable`, `input.too-large`. */
export async function readInput(path: string, bytesMax: number): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Fault("input.unreadable", `${path} is not a regular file`);
      if (stat.size > bytesMax)
        throw new Fault("input.too-large", `${path}: ${stat.size} bytes, ${bytesMax} are allowed`);
      const { buffer, byteOffset, byteLength } = await file.readFile();
      return new Uint8Array(buffer, byteOffset, byteLength);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = asNodeError(cause)?.code;
    if (code === undefined) throw cause;
    throw new Fault(code === "ENOENT" ? "input.missing" : "input.unreadable", path, { cause });
  }
}
