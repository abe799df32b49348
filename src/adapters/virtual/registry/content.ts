import { bug } from "../../../core/bug.ts";
import { digestRefOf, type DigestRef } from "../../../core/digest.ts";
import { readManifest, type ManifestFacts } from "./manifest.ts";
import { openJournal, type Journal, type JournalRecord } from "./journal.ts";

/** A manifest as it was pushed, and what the registry has to know of it. */
export type StoredManifest = ManifestFacts & {
  readonly digest: DigestRef;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
};

/** All that the registry holds. Blobs are shared by all repositories: this registry has one tenant. */
export type Content = {
  blob(digest: DigestRef): Uint8Array | undefined;
  /** `undefined` when the registry is full. */
  putBlob(bytes: Uint8Array): DigestRef | undefined;
  /** By digest or tag. */
  manifest(repository: string, reference: string): StoredManifest | undefined;
  /** Under its digest and, unless it is that, under `tag`. `undefined` when the registry is full or it is no manifest. */
  putManifest(repository: string, push: ManifestPush): StoredManifest | undefined;
  /** False when there was nothing to remove. */
  remove(repository: string, reference: string): boolean;
  /** Manifests whose `subject` is the digest, in the order of their arrival. */
  referrers(repository: string, subject: DigestRef): readonly StoredManifest[];
  repositories(): readonly string[];
  /** Sorted; `undefined` for an unknown repository. */
  tags(repository: string): readonly string[] | undefined;
  close(): void;
};

export type ManifestPush = { readonly mediaType: string; readonly bytes: Uint8Array; readonly tag?: string };

type Repository = {
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, DigestRef>;
  readonly referrers: Map<string, Set<DigestRef>>;
};

/**
 * Content in memory; with a `path` every change is also appended to that file before it is answered, and read back at
 * the next start. Appending is what makes thousands of small pushes a second durable against the end of the process.
 */
export function openContent(options: { readonly path?: string; readonly bytesMax: number }): Content {
  const blobs = new Map<string, Uint8Array>();
  const repositories = new Map<string, Repository>();
  let journal: Journal | undefined;
  let size = 0;

  const repositoryOf = (name: string): Repository => {
    const found = repositories.get(name) ?? { manifests: new Map(), tags: new Map(), referrers: new Map() };
    repositories.set(name, found);
    return found;
  };
  const apply = (record: JournalRecord): void => {
    size += record.bytes.length;
    if (record.kind === "blob") blobs.set(record.digest, record.bytes);
    else applyToRepository(repositoryOf(record.repository), record);
  };
  const change = (record: JournalRecord): void => {
    journal?.append(record);
    apply(record);
  };
  const hasRoom = (bytes: Uint8Array): boolean => size + bytes.length <= options.bytesMax;

  if (options.path !== undefined) journal = openJournal(options.path, apply);

  return {
    blob: (digest) => blobs.get(digest),
    putBlob: (bytes) => {
      const digest = digestRefOf(bytes);
      if (blobs.has(digest)) return digest;
      if (!hasRoom(bytes)) return undefined;
      change({ kind: "blob", digest, bytes });
      return digest;
    },
    manifest: (repository, reference) => lookUp(repositories.get(repository), reference),
    putManifest: (repository, { mediaType, bytes, tag }) => {
      const digest = digestRefOf(bytes);
      const known = repositories.get(repository)?.manifests.has(digest);
      if (!known && (!hasRoom(bytes) || !readManifest(bytes))) return undefined;
      if (!known) change({ kind: "manifest", repository, digest, mediaType, bytes });
      if (tag !== undefined) change({ kind: "tag", repository, tag, digest, bytes: EMPTY });
      return lookUp(repositories.get(repository), digest);
    },
    remove: (repository, reference) => {
      if (!lookUp(repositories.get(repository), reference)) return false;
      change({ kind: "remove", repository, reference, bytes: EMPTY });
      return true;
    },
    referrers: (repository, subject) => {
      const found = repositories.get(repository);
      return [...(found?.referrers.get(subject) ?? [])].flatMap((digest) => found?.manifests.get(digest) ?? []);
    },
    repositories: () => [...repositories.keys()].toSorted(),
    tags: (repository) => {
      const found = repositories.get(repository);
      return found && [...found.tags.keys()].toSorted();
    },
    close: () => journal?.close(),
  };
}

const EMPTY = new Uint8Array(0);

function lookUp(repository: Repository | undefined, reference: string): StoredManifest | undefined {
  return repository?.manifests.get(repository.tags.get(reference) ?? reference);
}

function applyToRepository(repository: Repository, record: Exclude<JournalRecord, { kind: "blob" }>): void {
  if (record.kind === "tag") repository.tags.set(record.tag, record.digest);
  else if (record.kind === "remove") remove(repository, record.reference);
  else addManifest(repository, record);
}

function addManifest(repository: Repository, record: Extract<JournalRecord, { kind: "manifest" }>): void {
  const { digest, mediaType, bytes } = record;
  const facts = readManifest(bytes) ?? bug("a stored manifest is none");
  repository.manifests.set(digest, { ...facts, digest, mediaType, bytes });
  if (!facts.subject) return;
  const referrers = repository.referrers.get(facts.subject) ?? new Set();
  repository.referrers.set(facts.subject, referrers.add(digest));
}

/** A tag goes alone; a digest takes its tags along (distribution-spec v1.1, Deleting manifests). */
function remove(repository: Repository, reference: string): void {
  if (repository.tags.delete(reference)) return;
  const manifest = repository.manifests.get(reference);
  repository.manifests.delete(reference);
  if (manifest?.subject) repository.referrers.get(manifest.subject)?.delete(manifest.digest);
  for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag);
}
