import { compileGlob } from "../../../automata/glob.ts";
import { EVERYTHING } from "../../../automata/program.ts";
import type { Region } from "../imported.ts";
import { printPattern, REFERENCE_TAIL, regionOf } from "../regions.ts";

/** What a region is for: a rule may hold for more here than there, but must not be lifted for more. */
export type RegionRole = "match" | "skip";

/**
 * Reads the image patterns of Kyverno. It prints `host/path:tag`, or `host/path@digest` without the tag, and leaves
 * `library/` out where the Pod does; a star is any text, slashes too (Kyverno `pkg/utils/image`, `ext/wildcard`).
 */
export function toReferenceRegions(texts: readonly string[], role: RegionRole): readonly Region[] {
  const all = new Set(texts);
  return texts.map((text) => {
    const program = compileGlob("kyverno", text);
    const own = toOwn(text, (other) => all.has(other), role);
    return regionOf(text, own, program.ok ? program.value : EVERYTHING);
  });
}

type Has = (text: string) => boolean;

const REPOSITORY = /^([a-z0-9.:-]+)\/([^*?:@]+)(:\*|@\*)$/;
const OPEN = /^([a-z0-9.:-]+)\/([^*?:@]*)(\*|\*\/\*)$/;

function toOwn(text: string, has: Has, role: RegionRole): readonly string[] | undefined {
  const [, host, repository, tail] = REPOSITORY.exec(text) ?? [];
  if (host !== undefined && repository !== undefined && tail !== undefined) {
    return isHost(host) ? ownRepository({ host, repository, tail }, has, role) : undefined;
  }
  const [, registry, prefix, open] = OPEN.exec(text) ?? [];
  if (registry === undefined || prefix === undefined || !isHost(registry)) return undefined;
  // On Docker Hub one spelling is not the other, so only what lies below an organisation is one set.
  const isHub = registry === "docker.io" && !/^(?!library\/)[^/]+\//.test(prefix);
  return isHub ? undefined : ownOpen(`${registry}/${prefix}`, open === "*/*");
}

function isHost(host: string): boolean {
  return /[.:]/.test(host) || host === "localhost";
}

function ownOpen(prefix: string, isBelow: boolean): readonly string[] {
  if (isBelow) return [`${prefix}*/**`];
  return prefix.endsWith("/") ? [`${prefix}**`] : [`${prefix}*`, `${prefix}*/**`];
}

/** A repository is all of its tags and digests, in each way it is printed. */
function ownRepository(
  { host, repository, tail }: { readonly host: string; readonly repository: string; readonly tail: string },
  has: Has,
  role: RegionRole,
): readonly string[] | undefined {
  const short = repository.replace(/^library\//, "");
  const isLibrary = host === "docker.io" && !short.includes("/");
  const spellings = isLibrary ? [short, `library/${short}`] : [repository];
  const isWhole = spellings.every((one) => [":*", "@*"].every((end) => has(`${host}/${one}${end}`)));
  if (!isWhole && role === "skip") return undefined;
  if (!isWhole && tail === "@*" && !isLibrary) return undefined;
  return [`${host}/${isLibrary ? "library/" : ""}${isLibrary ? short : repository}`];
}

/** Whether a repository is matched by its tags only: digests then pass unseen. */
export function isTagsOnly(text: string, texts: readonly string[]): boolean {
  return text.endsWith(":*") && !texts.includes(`${text.slice(0, -2)}@*`);
}

/** One of our patterns as Kyverno prints its images. */
export function printReference(pattern: string): string {
  return printPattern(pattern, REFERENCE_TAIL);
}
