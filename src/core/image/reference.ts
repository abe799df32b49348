import { parsed, malformed, type Parsed } from "../parsed.ts";
import { parseDigestRef, type DigestRef } from "../digest.ts";

/**
 * An image reference, normalised: `docker.io` and `library/` filled in, the host in lower case, path and tag byte for byte
 * (distribution `reference` grammar; trust-policy chapter §1.2).
 */
export type ImageReference = {
  /** `host/path`. */
  readonly repository: string;
  readonly host: string;
  /** `latest` when the reference names neither tag nor digest, as clients read it. */
  readonly tag?: string;
  readonly digest?: DigestRef;
  /** A digest of another algorithm than SHA-256, verbatim: known to be pinned, but not comparable here. */
  readonly otherDigest?: string;
};

export type ReferenceReason =
  | "reference-too-long"
  | "reference-host"
  | "reference-path"
  | "reference-tag"
  | "reference-digest";

/** distribution `reference`: a name has at most 255 characters; with tag and sha512 digest there is room to spare. */
const REFERENCE_CHARACTERS_MAX = 600;
const NAME_CHARACTERS_MAX = 255;

const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::([0-9]{1,5}))?$/;
const SEGMENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const SHA512 = /^sha512:[0-9a-f]{128}$/;
const BARE_DIGEST = /^[0-9a-f]{64}$/;

/** Parses `[host/]path[:tag][@digest]`. */
export function parseImageReference(text: string): Parsed<ImageReference, ReferenceReason> {
  if (text.length > REFERENCE_CHARACTERS_MAX) {
    return malformed("reference-too-long", `the reference has ${text.length} characters`);
  }
  const [named, digest] = cutAt(text, text.indexOf("@"));
  const [nameText, tag] = cutAt(named, named.indexOf(":", named.lastIndexOf("/") + 1));
  if (digest !== undefined && !parseDigestRef(digest) && !SHA512.test(digest)) {
    return malformed("reference-digest", `${shown(digest)} is no sha256 or sha512 digest`);
  }
  if (tag !== undefined && !TAG.test(tag)) return malformed("reference-tag", `${shown(tag)} is no tag`);
  const name = parseName(nameText);
  return name.ok ? parsed({ ...name.value, ...toTag(tag, digest), ...toDigest(digest) }) : name;
}

/** Parses `[host/]path`, without tag and digest, into its normal form. */
export function parseRepository(text: string): Parsed<string, ReferenceReason> {
  const name = parseName(text);
  return name.ok ? parsed(name.value.repository) : name;
}

function toTag(tag: string | undefined, digest: string | undefined): { readonly tag?: string } {
  if (tag !== undefined) return { tag };
  return digest === undefined ? { tag: "latest" } : {};
}

function toDigest(digest: string | undefined): { readonly digest?: DigestRef; readonly otherDigest?: string } {
  if (digest === undefined) return {};
  const sha256 = parseDigestRef(digest);
  return sha256 ? { digest: sha256 } : { otherDigest: digest };
}

type Name = { readonly repository: string; readonly host: string };

function parseName(text: string): Parsed<Name, "reference-host" | "reference-path"> {
  const [first, rest] = cutAt(text, text.indexOf("/"));
  const hasHost = rest !== undefined && looksLikeHost(first);
  const host = hasHost ? parseHost(first) : "docker.io";
  if (host === undefined) return malformed("reference-host", `${shown(first)} is no registry host`);
  const path = hasHost ? rest : text;
  if (!path.split("/").every((segment) => SEGMENT.test(segment)) || BARE_DIGEST.test(text)) {
    return malformed("reference-path", `${shown(path)} is no repository path`);
  }
  const repository = `${host}/${host === "docker.io" && !path.includes("/") ? "library/" : ""}${path}`;
  return repository.length > NAME_CHARACTERS_MAX
    ? malformed("reference-path", `the name has ${repository.length} characters`)
    : parsed({ repository, host });
}

/** `library/nginx` begins with a path, `registry.example/nginx` with a host; a host alone may have capitals. */
function looksLikeHost(first: string): boolean {
  return first.includes(".") || first.includes(":") || first === "localhost" || first !== first.toLowerCase();
}

function parseHost(text: string): string | undefined {
  const match = DOMAIN.exec(text);
  if (!match || Number(match[1] ?? 0) > 65_535) return undefined;
  const host = text.toLowerCase();
  return host === "index.docker.io" || host === "registry-1.docker.io" ? "docker.io" : host;
}

/** The text before and after the character at `index`; the second is absent when there is none. */
function cutAt(text: string, index: number): readonly [string, string | undefined] {
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
