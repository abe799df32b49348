import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A verifier's program: how it is called, and the variable that names another one. */
export type Program = { readonly name: string; readonly variable: string };

export const COSIGN: Program = { name: "cosign", variable: "COUNTERSIGN_COSIGN" };
export const NOTATION: Program = { name: "notation", variable: "COUNTERSIGN_NOTATION" };
/** `cmd/tester` of policy-controller, under the name that its releases give it. */
export const POLICY_TESTER: Program = { name: "policy-tester", variable: "COUNTERSIGN_POLICY_TESTER" };

/** The program on this machine: named by its variable, or found on the path. */
export function findProgram(
  { name, variable }: Program,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const named = env[variable];
  if (named !== undefined && named !== "") return named;
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
