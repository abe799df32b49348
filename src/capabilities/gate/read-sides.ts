import type { GateDocument } from "../../core/gate/readers/field.ts";
import { isPolicyKind } from "../../core/gate/readers/policy-kinds.ts";
import { headOf } from "../../core/gate/readers/object.ts";
import { GATE_READERS } from "../../core/gate/readers/readers.ts";
import type { GateReader } from "../../core/gate/readers/reading.ts";
import { documentsOf, type GateTree } from "../../core/gate/readers/tree.ts";
import { toRevision, type Revision } from "../../core/gate/facts/revision.ts";
import type { ReadScript } from "../../core/lint/calls.ts";
import { DEFAULT_KNOWLEDGE } from "../../core/lint/scene.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import { embeddedFiles, type ReadManifests } from "./embedded-files.ts";
import type { GatheredChange } from "./gather-change.ts";
import { isManifest, type GateSide } from "./gather-side.ts";

/** Both sides as they are judged: read once, for all judgements. */
export type ReadSides = { readonly base: ReadSide; readonly head: ReadSide };
export type ReadSide = {
  /** The files with policies in them, and what else policies are read from. */
  readonly tree: GateTree;
  /** The same without the policies: what waivers are read from. */
  readonly waivers: GateTree;
  /** Policies of kinds that nobody reads, and what is said of verifiers that neither side has. */
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
  const read = (side: GateSide): readonly Looked[] => {
    const files = [...side.manifests, ...embeddedFiles(side, config.embedded, reading.readManifests)];
    return files.map((file) => {
      const known = looked.get(file) ?? lookThrough(file);
      looked.set(file, known);
      return known;
    });
  };
  const [before, after] = [read(base), read(head)];
  const present = new Set([...before, ...after].flatMap(({ founded }) => founded));
  return { base: toSide(base, before, { reading, present }), head: toSide(head, after, { reading, present }) };
}

type Around = { readonly reading: SidesReading; readonly present: ReadonlySet<GateReader> };

function toSide(
  { manifests, contents, waivers }: GateSide,
  found: readonly Looked[],
  { reading: { readScript, bundles }, present }: Around,
): ReadSide {
  const waiverFiles = waivers.map((file) => ({ ...file, problems: [] }));
  return {
    waivers: { files: waiverFiles, blobs: new Map() },
    tree: {
      files: [...found.flatMap(({ file, documents }) => (documents.some(isClaimed) ? [file] : [])), ...waiverFiles],
      blobs: new Map([...contents].filter(([path]) => !isManifest(path))),
    },
    unread: found.flatMap(({ documents }) =>
      documents.filter((one) => isUnread(one, present)).map(({ document }) => document),
    ),
    pipelines: toRevision({ files: manifests, bundles, knowledge: DEFAULT_KNOWLEDGE, read: readScript }),
  };
}

type Looked = {
  /** What of it could not be read is judged with the files. */
  readonly file: DefinitionFile;
  /** Those that a reader claims, or that are policies by their kind. */
  readonly documents: readonly Claimed[];
  /** Readers whose verifier is there because of this file. */
  readonly founded: readonly GateReader[];
};
type Claimed = { readonly document: GateDocument; readonly readers: readonly GateReader[] };

/** A repository has many manifests and few policies: only files with some are put to the readers. */
function lookThrough(file: DefinitionFile): Looked {
  const all = documentsOf({ files: [file], blobs: new Map() }).map((document): Claimed => ({
    document,
    readers: GATE_READERS.filter((reader) => reader.claims(document)),
  }));
  const documents = all.filter((one) => isClaimed(one) || isPolicyKind(one.document));
  return {
    file: { ...file, problems: [] },
    documents,
    founded: documents.flatMap(({ document, readers }) => readers.filter((reader) => reader.founds(document))),
  };
}

function isClaimed({ readers }: Claimed): boolean {
  return readers.length > 0;
}

/** Nobody reads it, or whoever does has no policy on either side that it could be about: an exception to what is elsewhere. */
function isUnread({ document, readers }: Claimed, present: ReadonlySet<GateReader>): boolean {
  return headOf(document).kind !== "Namespace" && !readers.some((reader) => present.has(reader));
}
