import { parseNameGlob, parseRepositoryPattern, type NameGlob, type RepositoryPattern } from "./pattern.ts";
import type { StrictReader } from "./strict-reader.ts";

/** Reads one image pattern; none, and a problem, where it is not one. */
export function readPattern(item: StrictReader): readonly RepositoryPattern[] {
  const pattern = parseRepositoryPattern(item.text());
  if (pattern === "TP101") item.problem("TP101", `${item.text()} has no registry host`);
  else if (pattern === "TP102") item.problem("TP102", "tag or digest in an image pattern");
  else if (pattern === "TP103") item.problem("TP103", "a wildcard in the host, ** not last, or an empty segment");
  else return [pattern];
  return [];
}

/** Reads a list of namespace globs. */
export function readGlobs(list: StrictReader): readonly NameGlob[] {
  return list.items().flatMap((item) => {
    const glob = parseNameGlob(item.text());
    if (glob === undefined) item.problem("TP007", `${item.text()} is no namespace name`);
    return glob ?? [];
  });
}
