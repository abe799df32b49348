import type { GateDocument } from "../../core/gate/readers/field.ts";
import { isPolicyKind } from "../../core/gate/readers/policy-kinds.ts";
import { GATE_READERS } from "../../core/gate/readers/readers.ts";
import { documentsOf, type GateTree } from "../../core/gate/readers/tree.ts";
import { toRevision, type Revision } from "../../core/gate/facts/revision.ts";
import type { ReadScript } from "../../core/lint/calls.ts";
import { DEFAULT_KNOWLEDGE } from "../../core/lint/scene.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import { embeddedFiles, type ReadManifests } from "./embedded-files.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { GateSide } from "./gather-side.ts";

/** Both sides as they are judged: read once, for all judgements. */
export type ReadSides = { readonly base: ReadSide; readonly head: ReadSide };
export type ReadSide = {
  /** The files with policies in them, and what else policies are read from. */
  readonly tree: GateTree;
  /** The same without the policies: what waivers are read from. */
  readonly waivers: GateTree;
  /** Policies of kinds that nobody reads. */
  readonly unread: readonly GateDocument[];
  readonly pipelines: Revision;
};

export type SidesReading = {
  readonly readManifests: ReadManifests;
  readonly readScript: ReadScript;
  /** What references lead to, by the digest, or the commit and path, that fixes it. */
  readonly bundles: ReadonlyMap<string, readonly DefinitionFile[]>;
};

/** Reads both sides; a file that is the same on both is looked through once. */
export function readSides({ base, head, config }: GatheredChange, reading: SidesReading): ReadSides {
  const looked = new Map<DefinitionFile, Looked>();
  const read = (side: GateSide): ReadSide => {
    const embedded = embeddedFiles(side, config.embedded, reading.readManifests);
    return readSide({ ...side, manifests: [...side.manifests, ...embedded] }, reading, looked);
  };
  return { base: read(base), head: read(head) };
}

function readSide(
  { manifests, contents, waivers }: GateSide,
  { readScript, bundles }: SidesReading,
  looked: Map<DefinitionFile, Looked>,
): ReadSide {
  const found = manifests.map((file) => {
    const known = looked.get(file) ?? lookThrough(file);
    looked.set(file, known);
    return known;
  });
  const names = new Set(manifests.map(({ path }) => path));
  const waiverFiles = waivers.map((file) => ({ ...file, problems: [] }));
  return {
    waivers: { files: waiverFiles, blobs: new Map() },
    tree: {
      files: [...found.flatMap(({ file, isPolicy }) => (isPolicy ? [file] : [])), ...waiverFiles],
      blobs: new Map([...contents].filter(([path]) => !names.has(path))),
    },
    unread: found.flatMap(({ unread }) => unread),
    pipelines: toRevision({ files: manifests, bundles, knowledge: DEFAULT_KNOWLEDGE, read: readScript }),
  };
}

type Looked = {
  /** What of it could not be read is judged with the files. */
  readonly file: DefinitionFile;
  readonly isPolicy: boolean;
  readonly unread: readonly GateDocument[];
};

/** A repository has many manifests and few policies: only files with some are put to the readers. */
function lookThrough(file: DefinitionFile): Looked {
  const documents = documentsOf({ files: [file], blobs: new Map() });
  return {
    file: { ...file, problems: [] },
    isPolicy: documents.some(isClaimed),
    unread: documents.filter((document) => isPolicyKind(document) && !isClaimed(document)),
  };
}

function isClaimed(document: GateDocument): boolean {
  return GATE_READERS.some((reader) => reader.claims(document));
}
