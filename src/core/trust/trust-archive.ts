import { judgeManifest, sealFiles, type ManifestCode } from "../evidence/manifest.ts";
import { readTar, renderTar, type TarCode } from "../evidence/tar.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { UnixMs } from "../time.ts";
import { readTrustedRoot, type TrustedRoot, type TrustedRootCode } from "./trusted-root.ts";

/** The documents of one trust domain, as they are carried to where nothing else can be reached. */
export type TrustArchive = {
  readonly domain: string;
  /** When they were fetched. */
  readonly asOf: UnixMs;
  readonly trustedRoot: Uint8Array;
  readonly signingConfig?: Uint8Array;
};

/** An archive that was read, with its root understood: one domain, one root. */
export type ReadArchive = TrustArchive & { readonly root: TrustedRoot };

export type ArchiveCode = TarCode | ManifestCode | TrustedRootCode | "archive-scope" | "archive-member";

const SCOPE = "trust/";
const ROOT = "trusted_root.json";
const CONFIG = "signing_config.json";
const NOT_COVERED = [
  "whether the domain has changed its keys since: fetch and carry it again before it is old",
  "who made this file: compare its SHA-256 with the one that its maker says",
];

/** Renders an archive: the same documents at the same time give the same bytes. */
export function renderTrustArchive(
  { domain, asOf, trustedRoot, signingConfig }: TrustArchive,
  product: { readonly name: string; readonly version: string },
): Uint8Array {
  const files = [
    { path: ROOT, bytes: trustedRoot },
    ...(signingConfig ? [{ path: CONFIG, bytes: signingConfig }] : []),
  ];
  return renderTar(sealFiles(files, { scope: SCOPE + domain, asOf, product, notCovered: NOT_COVERED }));
}

/** Reads an archive of ours and no other: every byte listed, one domain, one root that can be read. */
export function readTrustArchive(bytes: Uint8Array): Parsed<ReadArchive, ArchiveCode> {
  const tar = readTar(bytes);
  if (!tar.ok) return tar;
  const head = judgeManifest(tar.value);
  if (!head.ok) return head;
  const { scope, asOf } = head.value;
  const domain = scope.slice(SCOPE.length);
  if (!scope.startsWith(SCOPE) || !/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/.test(domain)) {
    return malformed("archive-scope", "not an archive of one trust domain");
  }
  const members = new Map(tar.value.files.map((file) => [file.path, file.bytes]));
  const trustedRoot = members.get(ROOT);
  const signingConfig = members.get(CONFIG);
  // Two of ours, the manifest and its hash: whatever else is in it, nobody here would read it.
  const expected = signingConfig ? 4 : 3;
  if (!trustedRoot || members.size !== expected)
    return malformed("archive-member", `not ${ROOT} and perhaps ${CONFIG}`);
  const root = readTrustedRoot(trustedRoot);
  if (!root.ok) return root;
  return parsed({ domain, asOf, trustedRoot, ...(signingConfig && { signingConfig }), root: root.value });
}
