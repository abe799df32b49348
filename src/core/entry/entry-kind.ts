import type { JsonObject } from "../json/json.ts";
import type { BodyReading } from "./body.ts";
import type { EntryDigest, EntrySigner } from "./decoded-entry.ts";

/** One kind and version of log entry that can be decoded. */
export type EntryKind = {
  readonly kind: string;
  readonly apiVersion: string;
  /** Reads the member `spec` of a body. What it refuses, the reading remembers. */
  readonly decode: (reading: BodyReading, spec: JsonObject) => SpecContent;
};

export type SpecContent = {
  readonly signers: readonly EntrySigner[];
  readonly digests: readonly EntryDigest[];
  readonly flags: readonly string[];
};
