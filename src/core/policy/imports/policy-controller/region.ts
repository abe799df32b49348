import { compileGlob } from "../../../automata/glob.ts";
import { EVERYTHING } from "../../../automata/program.ts";
import { DIGEST_TAIL, printPattern, regionOf } from "../regions.ts";
import type { Region } from "../imported.ts";

const HUB = "index.docker.io/";

/**
 * Reads a glob of policy-controller. At admission it only ever sees `host/path@digest`, with Docker Hub as
 * `index.docker.io` (policy-controller `pkg/webhook/validator.go`, `pkg/apis/glob`): a glob that ends in a tag matches
 * nothing.
 */
export function toGlobRegion(text: string): Region {
  const program = compileGlob("pc", text);
  return regionOf(text, toOwn(text), program.ok ? program.value : EVERYTHING);
}

function toOwn(text: string): readonly string[] | undefined {
  if (text === "*") return ["docker.io/library/*"];
  if (text === "*/*") return ["docker.io/*/*"];
  const [host = "", ...rest] = text.split("/");
  // Without a slash, a star cannot be a whole reference, which has one.
  if (host.includes("*")) return rest.length > 0 || host.includes("**") ? undefined : [];
  if (!isPrintedHost(host) || rest.length === 0 || /[A-Z]/.test(text)) return [];
  const repository = `${host === "index.docker.io" ? "docker.io" : host}/`;
  return ownPath(rest.join("/"))?.map((one) => `${repository}${one}`);
}

/** Docker Hub has one name there. */
function isPrintedHost(host: string): boolean {
  return (/[.:]/.test(host) || host === "localhost") && !/^(?:registry-1\.)?docker\.io$/.test(host);
}

function ownPath(path: string): readonly string[] | undefined {
  const [, repository = "", tail = ""] = /^([^:@]*)(.*)$/.exec(path) ?? [];
  const isDeep = repository.endsWith("**");
  if ((isDeep ? repository.slice(0, -2) : repository).includes("**")) return undefined;
  if (tail !== "") return ownTailed(repository, tail);
  if (!isDeep) return repository.endsWith("*") ? [repository] : [];
  const prefix = repository.slice(0, -1);
  // The stars also take the digest; without one there is nothing to take it.
  return prefix === "*" || prefix.endsWith("/*") ? [repository] : [prefix, `${prefix}/**`];
}

/** A tag is no part of what is seen, and a single digest no image pattern of ours; a star may take what stands before a colon. */
function ownTailed(repository: string, tail: string): readonly string[] | undefined {
  if (tail === "@*" || tail === "@**") return repository.includes("**") ? undefined : [repository];
  return tail.startsWith("@") || repository.includes("*") ? undefined : [];
}

/** One of our patterns as policy-controller prints its images. */
export function printGlob(pattern: string): string {
  return printPattern(pattern.replace(/^docker\.io\//, HUB), DIGEST_TAIL);
}
