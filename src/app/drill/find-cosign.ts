import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The program `cosign` on this machine: named by `COUNTERSIGN_COSIGN`, or found on the path. */
export function findCosign(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env["COUNTERSIGN_COSIGN"];
  if (named !== undefined && named !== "") return named;
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "cosign")).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
