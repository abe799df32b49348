import { escapeRegex } from "../../../policy/exports/escape-regex.ts";
import type { PatternEngine } from "../../../policy/read/context.ts";
import { wholeText, type TextLanguage } from "../../form/text-language.ts";
import { bug } from "../../../bug.ts";

/** References as containers-image has them when it looks for a policy: a tag or a digest, and never both. */
const TAIL = String.raw`(?::[\w][\w.-]*|@[a-z0-9]+:[0-9a-f]+)`;
/** A name is a host only with a dot or a port, or by being localhost: anything else became a path of Docker Hub before. */
const HOST = String.raw`(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|[a-z0-9-]+:[0-9]+)(?::[0-9]+)?`;
/** What any image is to these engines. */
const IMAGE = String.raw`${HOST}(?:/[a-z0-9._-]+)+${TAIL}`;

export function imagesOf(patterns: PatternEngine): TextLanguage {
  return compile(patterns, IMAGE);
}

/**
 * The images of a scope (containers-image `docker/policyconfiguration/naming.go`): a whole reference, a repository and all
 * below, a host with its port, or `*.domain`, of which the port does not count.
 */
export function imagesOfScope(scope: string, patterns: PatternEngine): TextLanguage {
  const wild = scope.startsWith("*.");
  if (wild) return compile(patterns, String.raw`[a-z0-9.-]+\.${escapeRegex(scope.slice(2))}(?::[0-9]+)?/.*`);
  const plain = escapeRegex(scope);
  // A host has no tag of its own: what follows its colon is a port.
  return compile(patterns, scope.includes("/") ? `${plain}(?:${TAIL}|/.*)?` : `${plain}/.*`);
}

function compile(patterns: PatternEngine, pattern: string): TextLanguage {
  const read = wholeText(patterns, `^(?:${pattern})$`);
  return read.ok ? read.value : bug(`scope ${pattern}: ${read.detail}`);
}

/** Whether a scope is looked for before another. */
export function isBefore(inner: string, outer: string): boolean {
  if (inner === outer) return false;
  if (!outer.startsWith("*."))
    return inner.startsWith(`${outer}/`) || inner.startsWith(`${outer}:`) || inner.startsWith(`${outer}@`);
  return !inner.startsWith("*.") || inner.endsWith(outer.slice(1));
}
