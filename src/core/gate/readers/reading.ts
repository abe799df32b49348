import { sha256 } from "../../digest.ts";
import { toHex } from "../../bytes/hex.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import type { Parsed } from "../../parsed.ts";
import type { PatternEngine, PolicyContext } from "../../policy/read/context.ts";
import type { Origin } from "../form/need.ts";
import type { GateEngine, OpaqueText, System } from "../form/system.ts";
import type { TextLanguage } from "../form/text-language.ts";
import { choiceIn, type Literal } from "../form/zone.ts";
import { fieldOf, type Field, type GateDocument } from "./field.ts";

/** Something about an input that a reader tells. */
export type ReaderProblem = {
  /** `malformed`: refused, exit 2; `unresolved`: what it says cannot be known from the tree; `note`: worth knowing. */
  readonly kind: "malformed" | "unresolved" | "note";
  readonly origin: Origin;
  readonly message: string;
};

/** A file that is no manifest, as Notation's trust stores hold: bytes by path. */
export type GateBlobs = ReadonlyMap<string, Uint8Array>;

/** One side of a change as one engine's reader sees it. */
export type Reading = {
  readonly side: "base" | "head";
  readonly id: string;
  readonly documents: readonly GateDocument[];
  /** What the same engine has on the other side: what neither names is not compared. */
  readonly other: readonly GateDocument[];
  readonly blobs: GateBlobs;
  readonly patterns: PatternEngine;
  /** What the own policy language is read against. */
  readonly policies: PolicyContext;
  /** A document as a field whose problems go where they belong. */
  readonly open: (document: GateDocument) => Field;
  /** The object is refused: in head the run ends with it, in base it is told, and it matches nothing. */
  readonly refuse: (origin: Origin, message: string) => void;
  /** It points at something that the tree does not have. */
  readonly unresolved: (origin: Origin, message: string) => void;
  readonly note: (origin: Origin, message: string) => void;
  /** A predicate that nobody evaluates here: the same text is the same predicate, and nothing else is known of it. */
  readonly opaque: (kind: string, text: string, origin: Origin) => Literal;
  /** A language, or `undefined` after a problem: a pattern that the engine cannot load matches nothing. */
  readonly language: (field: Field, read: Parsed<TextLanguage>) => TextLanguage | undefined;
  readonly opaqueTexts: ReadonlyMap<string, OpaqueText>;
};

/** Reads the documents of one engine into systems. */
export type GateReader = {
  readonly engine: GateEngine;
  /** Of its system, before the cluster: `policy-controller`. */
  readonly name: string;
  /** Whether a document is one of the engine's; some are for several. */
  readonly claims: (document: GateDocument) => boolean;
  /** Whether a document makes the engine be there at all, rather than only say something about it. */
  readonly founds: (document: GateDocument) => boolean;
  /** Whether a document without any of those still says something of the engine's policies, which are elsewhere then. */
  readonly concerns?: (document: GateDocument) => boolean;
  readonly read: (reading: Reading) => System;
};

export type ReadingOf = Pick<Reading, "side" | "id" | "documents" | "other" | "blobs" | "patterns" | "policies">;

/** Opens one side for a reader; what it tells is added to `problems`. */
export function openReading(of: ReadingOf, problems: ReaderProblem[]): Reading {
  const tell =
    (kind: ReaderProblem["kind"]) =>
    (origin: Origin, message: string): void => {
      if (problems.length < PROBLEMS_MAX) problems.push({ kind, origin, message });
    };
  // What base says is in force, and was let in; the change is not to blame for it.
  const refuse = tell(of.side === "head" ? "malformed" : "note");
  const opaqueTexts = new Map<string, OpaqueText>();
  const opaque = (kind: string, text: string, origin: Origin): Literal => {
    const plain = normalize(text);
    const dimension = `opaque:${kind}:${toHex(sha256(toUtf8(`${kind}\n${plain}`))).slice(0, 32)}`;
    if (!opaqueTexts.has(dimension)) opaqueTexts.set(dimension, { kind, text: plain, origin });
    return choiceIn(dimension, ["true"]);
  };
  return {
    ...of,
    open: (document) => fieldOf(document, refuse),
    refuse,
    unresolved: tell("unresolved"),
    note: tell("note"),
    opaque,
    opaqueTexts,
    language: (field, read) => {
      if (read.ok) return read.value;
      const isBeyond = read.code === "pattern-costly" || read.code === "pattern-unsupported";
      (isBeyond ? tell("unresolved") : refuse)(field.origin, `not a pattern that can be read: ${read.detail}`);
      return undefined;
    },
  };
}

/** Enough for any change; beyond it the rest would be noise. */
const PROBLEMS_MAX = 1000;

/** Line ends, spaces at them, and the last of them mean nothing in any of the predicate languages. */
function normalize(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(/[ \t]+$/gm, "")
    .replace(/\n+$/, "");
}
