import { readDocuments } from "../../adapters/manifests/documents.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { isTimeZone } from "../../core/policy/build-window.ts";
import type { PolicyProblem } from "../../core/policy/problem.ts";
import { readPolicySet, type PolicyDocuments } from "../../core/policy/read/read-set.ts";
import type { UnixMs } from "../../core/time.ts";

/** The text of a policy as a webhook would load it: what it says, or what is wrong with it. */
export function readPolicyText(
  documents: readonly JsonObject[],
  now: UnixMs,
): { readonly documents?: PolicyDocuments; readonly problems: readonly PolicyProblem[] } {
  const files = documents.map((document, i) => ({ path: `${i}.yaml`, bytes: toUtf8(JSON.stringify(document)) }));
  const read = readDocuments(files);
  if (read.problems.length > 0) return { problems: read.problems };
  const context = { now, purpose: "load", patterns: re2jsCompiler, isTimeZone, clusters: {} } as const;
  return readPolicySet(read.documents, context);
}
