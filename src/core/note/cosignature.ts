import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { bug } from "../bug.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { addMs, parseUnixMs, type UnixMs } from "../time.ts";
import { ed25519Check, type SignatureCheck } from "./log-key.ts";
import type { Vkey } from "./vkey.ts";
import type { Sha256 } from "../digest.ts";
import { readKeyId, type Note, type NoteSignature } from "./note.ts";

/** The Ed25519 key of a witness. */
export type WitnessKey = { readonly name: string; readonly keyId: Sha256; readonly verifies: SignatureCheck };

/** Takes a verifier key as a witness; `undefined` for keys of other kinds, ML-DSA among them. */
export function toWitnessKey(vkey: Vkey): WitnessKey | undefined {
  const verifies = vkey.type === "cosignature-ed25519" ? ed25519Check(vkey.key) : undefined;
  return verifies && { name: vkey.name, keyId: vkey.keyId, verifies };
}

/** A witness saw this checkpoint, and that it grew from every earlier one it saw, at a time of its own clock. */
export type Cosignature = { readonly witness: string; readonly at: UnixMs };

/** A cosignature from further in the future than clocks differ is not believed. */
const SKEW_MS = 5_000;
const SIGNATURE_BYTES = 64;

/**
 * Judges the cosignatures of known witnesses on a note (C2SP tlog-cosignature, `cosignature/v1`).
 * A line that matches a witness and does not verify refuses the note, as it does for the log's own line.
 */
export function judgeCosignatures(
  note: Note,
  witnesses: readonly WitnessKey[],
  now: UnixMs,
): Parsed<readonly Cosignature[], "cosignature-invalid"> {
  const cosignatures: Cosignature[] = [];
  for (const line of note.signatures) {
    const witness = witnesses.find((key) => key.name === line.name && readKeyId(key.keyId) === line.keyId);
    if (!witness) continue;
    const cosignature = judgeLine(note, line, witness);
    if (!cosignature) return malformed("cosignature-invalid", `the cosignature of ${line.name} is not good`);
    if (cosignature.at <= addMs(now, SKEW_MS)) cosignatures.push(cosignature);
  }
  return parsed(cosignatures);
}

function judgeLine(note: Note, line: NoteSignature, witness: WitnessKey): Cosignature | undefined {
  if (line.signature.length !== 8 + SIGNATURE_BYTES) return undefined;
  const seconds = Number(new DataView(line.signature.buffer, line.signature.byteOffset, 8).getBigUint64(0));
  const at = parseUnixMs(seconds * 1000);
  if (seconds === 0 || at === undefined) return undefined;
  const message = cosignatureMessage(note.text, seconds);
  return witness.verifies(message, line.signature.subarray(8)) ? { witness: witness.name, at } : undefined;
}

/** The bytes that a witness signs; `seconds` since 1970. */
export function cosignatureMessage(noteText: string, seconds: number): Uint8Array {
  return toUtf8(`cosignature/v1\ntime ${seconds}\n${noteText}`);
}

/** The signature part of a cosignature's line: time and Ed25519 signature. */
export function renderCosignature(seconds: number, signature: Uint8Array): Uint8Array {
  if (signature.length !== SIGNATURE_BYTES) bug(`an Ed25519 signature of ${signature.length} bytes`);
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  return concatBytes([time, signature]);
}
