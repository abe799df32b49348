import { exitCodeOf } from "../../app/exit.ts";
import type { Io } from "../../app/io.ts";
import type { EvidenceWorld, openEvidence } from "../../app/wiring/evidence.ts";
import { writeOutput } from "../../app/write-output.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { sha256 } from "../../core/digest.ts";

/** Opens what evidence is made from; loaded when a command runs. */
export type OpenEvidence = typeof openEvidence;
export const openReal: OpenEvidence = async (setup, tell) =>
  (await import("../../app/wiring/evidence.ts")).openEvidence(setup, tell);

type ExportRequest = Parameters<EvidenceWorld["exportEvents"]>[0];

/** The file of evidence; `undefined` when it cannot be made, which has been said. */
export async function makeEvidence(
  io: Pick<Io, "err" | "exit">,
  world: EvidenceWorld,
  request: ExportRequest,
): Promise<Uint8Array | undefined> {
  const exported = await world.exportEvents(request);
  if (exported.ok) return exported.file;
  const { verdict } = exported;
  for (const { missing, detail } of verdict.kind === "unknown" ? verdict.gaps : []) io.err(`${missing}: ${detail}\n`);
  io.exit(exitCodeOf(verdict));
  return undefined;
}

/** Where a file of evidence lies, and its hash, which whoever hands it on can say beside it. */
export type Written = { readonly file: string; readonly bytes: number; readonly sha256: string };

/** Writes a file of evidence whole, or not at all. Faults: `output.unwritable`. */
export async function writeEvidence(path: string, file: Uint8Array): Promise<Written> {
  await writeOutput(path, file);
  return { file: path, bytes: file.length, sha256: toHex(sha256(file)) };
}

export function renderWritten({ file, bytes, sha256: digest }: Written): string {
  return `wrote ${file}, ${bytes} bytes, sha256 ${digest}\n`;
}
