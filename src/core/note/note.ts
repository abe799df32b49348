import { concatBytes } from "../bytes/bytes.ts";
import { parseBase64, toBase64 } from "../bytes/base64.ts";
import { parseUtf8 } from "../bytes/utf8.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { NonEmpty } from "../verdict.ts";

/** A text and who signed it (C2SP signed-note), read and not yet verified. */
export type Note = {
  /** What is signed, its final newline included. */
  readonly text: string;
  readonly signatures: NonEmpty<NoteSignature>;
};

/** One signature line. What the bytes of `signature` are depends on the kind of key. */
export type NoteSignature = {
  readonly name: string;
  /** The first four bytes of the key's id, big-endian. */
  readonly keyId: number;
  readonly signature: Uint8Array;
};

/** C2SP demands that 16 lines be read; public logs have 4. */
export const NOTE_SIGNATURES_MAX = 32;
export const NOTE_BYTES_MAX = 65_536;

export type NoteCode = "too-large" | "checkpoint-syntax" | "checkpoint-signatures";

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const SIGNATURE_LINE = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/;

/** Reads a signed note by the rules of C2SP signed-note; nothing about its signatures is believed yet. */
export function parseNote(bytes: Uint8Array): Parsed<Note, NoteCode> {
  if (bytes.length > NOTE_BYTES_MAX) return malformed("too-large", `a note of ${bytes.length} bytes`);
  const whole = parseUtf8(bytes);
  return whole === undefined ? malformed("checkpoint-syntax", "the note is not UTF-8") : parseNoteText(whole);
}

/** The same for a note that is text already, as a bundle holds it. */
export function parseNoteText(whole: string): Parsed<Note, NoteCode> {
  if (whole.length > NOTE_BYTES_MAX) return malformed("too-large", `a note of ${whole.length} characters`);
  if (CONTROL.test(whole)) return malformed("checkpoint-syntax", "the note holds a control character");
  if (!whole.endsWith("\n")) return malformed("checkpoint-syntax", "the note does not end in a newline");

  // The last empty line divides text and signatures, so that a text may hold empty lines of its own.
  const divide = whole.lastIndexOf("\n\n");
  if (divide < 0) return malformed("checkpoint-syntax", "no empty line divides text and signatures");
  const signatures = parseSignatureLines(whole.slice(divide + 2));
  return signatures.ok ? parsed({ text: whole.slice(0, divide + 1), signatures: signatures.value }) : signatures;
}

function parseSignatureLines(block: string): Parsed<NonEmpty<NoteSignature>, "checkpoint-signatures"> {
  const lines = block.split("\n").slice(0, -1);
  if (lines.length > NOTE_SIGNATURES_MAX) return malformed("checkpoint-signatures", `${lines.length} signature lines`);
  const signatures: NoteSignature[] = [];
  for (const [i, line] of lines.entries()) {
    const signature = parseSignatureLine(line);
    if (!signature) return malformed("checkpoint-signatures", `signature line ${i + 1} is malformed`);
    signatures.push(signature);
  }
  const [first, ...rest] = signatures;
  return first ? parsed([first, ...rest]) : malformed("checkpoint-signatures", "no signature line");
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  if (name === undefined || encoded === undefined || !isKeyName(name)) return undefined;
  const bytes = parseBase64(encoded);
  if (!bytes || bytes.length < 5) return undefined;
  return { name, keyId: readKeyId(bytes), signature: bytes.subarray(4) };
}

/** A key name is not empty and holds neither white space nor `+`, which divides the parts of a verifier key. */
export function isKeyName(name: string): boolean {
  return /^[^\s+\u0085]+$/u.test(name);
}

/** The first four bytes of a key's id as a number. */
export function readKeyId(id: Uint8Array): number {
  return (id[0] ?? 0) * 0x1_00_00_00 + (((id[1] ?? 0) << 16) | ((id[2] ?? 0) << 8) | (id[3] ?? 0));
}

function keyIdBytes(keyId: number): Uint8Array {
  return Uint8Array.of(keyId >>> 24, keyId >>> 16, keyId >>> 8, keyId);
}

/** Renders a note as it is served: text, empty line, one line for each signature. */
export function renderNote(note: Note): string {
  return `${note.text}\n${note.signatures.map(renderSignatureLine).join("")}`;
}

/** One signature line with its newline, as a witness answers it. */
export function renderSignatureLine(line: NoteSignature): string {
  return `\u2014 ${line.name} ${toBase64(concatBytes([keyIdBytes(line.keyId), line.signature]))}\n`;
}
