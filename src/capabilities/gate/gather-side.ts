import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { GateConfig } from "../../core/gate/config/gate-config.ts";
import { matchesPath, parsePathGlob, type PathGlob } from "../../core/gate/tree/path-glob.ts";
import { arePlainWorkloads } from "../../core/gate/tree/plain-workloads.ts";
import { isChosen, selectFiles, type PathChoice, type SelectionProblem } from "../../core/gate/tree/select-files.ts";
import type { TreeEntry } from "../../core/gate/tree/tree-entry.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import type { ReadLimits, Revision } from "../../ports/change-source.ts";

/** One side of a change, read. */
export type GateSide = {
  readonly oid?: string;
  /** The contents of the files looked at, by path. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /**
   * Those of them that are manifests, with what of them could not be read. What is the same on both sides and is seen to be
   * plain workloads is left out.
   */
  readonly manifests: readonly DefinitionFile[];
  /** What is ours beside them: configuration, waivers, registers, owners. */
  readonly own: ReadonlyMap<string, Uint8Array>;
  /** Waivers, read like manifests wherever `include` points. */
  readonly waivers: readonly DefinitionFile[];
  /** Manifests that are not looked at and that the change touches. */
  readonly outside: ReadonlyMap<string, Uint8Array>;
  /** Other repositories where files to look at could be. */
  readonly modules: readonly TreeEntry[];
  /** Included, and not to be read. */
  readonly problems: readonly SelectionProblem[];
};

/** What both sides share: a file that did not change is read and parsed once. */
export type Gathering = {
  readonly readManifests: (path: string, bytes: Uint8Array) => DefinitionFile;
  readonly contents: Map<string, Uint8Array>;
  readonly parsed: Map<string, DefinitionFile>;
};

export type SideQuestion = {
  readonly config: GateConfig;
  readonly configPath: string;
  /** The other side, of the head. */
  readonly before?: Revision;
  /** Paths of both sides that have one content: its id. */
  readonly same: ReadonlyMap<string, string>;
};

/** change-gate chapter §7. */
const LIMITS = { fileBytesMax: 5 * 1024 * 1024, totalBytesMax: 256 * 1024 * 1024 };

/** Reads one side by the configuration of the base. Faults: those of the revision. */
export async function gatherSide(
  gathering: Gathering,
  revision: Revision,
  question: SideQuestion,
  signal: AbortSignal,
): Promise<GateSide> {
  const { config } = question;
  const chosen = selectFiles(revision.entries, config.choice);
  const own = selectFiles(revision.entries, ownChoice(question));
  const outside = outsideOf(revision, question);
  const wanted = [...chosen.files, ...own.files].map(({ entry }) => entry);
  await readAll(gathering, { revision, entries: wanted, limits: LIMITS }, signal);
  await readAll(gathering, { revision, entries: outside, limits: { ...LIMITS, beyond: "skip" } }, signal);
  const contentOf = ({ id }: TreeEntry): Uint8Array => gathering.contents.get(id) ?? new Uint8Array();
  const manifests = chosen.files
    .filter(({ path }) => isManifest(path) && !isWaiverPath(path))
    .filter(({ path, entry }) => question.same.get(path) !== entry.id || !arePlain(contentOf(entry)))
    .map(({ path, entry }) => parseOnce(gathering, path, entry));
  return {
    ...(revision.oid !== undefined && { oid: revision.oid }),
    contents: new Map(chosen.files.map(({ path, entry }) => [path, contentOf(entry)])),
    manifests,
    own: new Map(own.files.map(({ path, entry }) => [path, contentOf(entry)])),
    waivers: own.files
      .filter(({ path }) => isWaiverPath(path))
      .map(({ path, entry }) => parseOnce(gathering, path, entry)),
    outside: new Map(outside.map((entry) => [entry.path, contentOf(entry)])),
    modules: chosen.modules,
    problems: [...chosen.problems, ...own.problems],
  };
}

type Wanted = {
  readonly revision: Revision;
  readonly entries: readonly TreeEntry[];
  readonly limits: ReadLimits;
};

function arePlain(bytes: Uint8Array): boolean {
  const text = parseUtf8(bytes);
  return text !== undefined && arePlainWorkloads(text);
}

/** The paths of two sides that have one content. */
export function samePaths(base: Revision, head: Revision): ReadonlyMap<string, string> {
  const ids = new Map(base.entries.map(({ path, id }) => [path, id]));
  return new Map(head.entries.flatMap(({ path, id }) => (ids.get(path) === id ? [[path, id]] : [])));
}

async function readAll(
  { contents }: Gathering,
  { revision, entries, limits }: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const missing = new Map(entries.filter(({ id }) => !contents.has(id)).map((entry) => [entry.id, entry]));
  const read = await revision.read([...missing.values()], limits, signal);
  for (const [id, bytes] of read) contents.set(id, bytes);
}

function parseOnce({ parsed, contents, readManifests }: Gathering, path: string, { id }: TreeEntry): DefinitionFile {
  const key = `${id}\n${path}`;
  const known = parsed.get(key) ?? readManifests(path, contents.get(id) ?? new Uint8Array());
  parsed.set(key, known);
  return known;
}

/** What is ours is looked at wherever `include` points. */
function ownChoice({ config, configPath }: SideQuestion): PathChoice {
  return { include: [...globsOf(configPath), ...WAIVERS, ...config.registers, ...config.owners], exclude: [] };
}

/** Where waivers are (change-gate chapter §6). */
const WAIVERS: readonly PathGlob[] = globsOf(".countersign/waivers/*.yaml", ".countersign/waivers/*.yml");

/** Whether a waiver is expected at a path. */
export function isWaiverPath(path: string): boolean {
  return WAIVERS.some((glob) => matchesPath(glob, path));
}

function globsOf(...texts: readonly string[]): readonly PathGlob[] {
  return texts.flatMap((text) => parsePathGlob(text) ?? []);
}

/** Manifests of the head that are not looked at, and are other than in the base. */
function outsideOf(revision: Revision, { config, before }: SideQuestion): readonly TreeEntry[] {
  if (!before) return [];
  const ids = new Map(before.entries.map(({ path, id }) => [path, id]));
  return revision.entries.filter(
    ({ path, id, kind }) =>
      kind === "file" && isManifest(path) && ids.get(path) !== id && !isChosen(config.choice, path),
  );
}

/** Whether a file is read as manifests; what else is looked at is read as it is. */
export function isManifest(path: string): boolean {
  return /\.(?:ya?ml|json)$/.test(path);
}
