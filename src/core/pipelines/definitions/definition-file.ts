import type { SourceDocument, SourcePlace } from "./source-node.ts";

/** A file of manifests as it was read: documents with places, and what of it could not be read. */
export type DefinitionFile = {
  readonly path: string;
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly FileProblem[];
};

export type FileProblem = {
  readonly code: "unreadable" | "duplicate-key";
  readonly message: string;
  readonly at: SourcePlace;
};
