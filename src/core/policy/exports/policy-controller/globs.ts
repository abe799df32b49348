import { findCommon, imageLanguageOf } from "../../read/image-language.ts";
import type { ImageFamily } from "../../trust-policy.ts";
import type { ExchangeContext } from "../engine.ts";

/** One of our patterns as a glob over `host/path@digest`, which is all that policy-controller sees at admission. */
export function toGlob(pattern: string): string {
  const printed = pattern.replace(/^docker\.io\//, "index.docker.io/");
  return printed.endsWith("*") ? printed : `${printed}@*`;
}

/**
 * The exceptions that must not fall under the family they are taken from: a rule that fails is written for those that no
 * other family has. Those of another family have to meet both, which is narrower.
 */
export function exceptGlobs(families: readonly ImageFamily[], { patterns }: ExchangeContext): readonly string[] {
  const excepted = [...new Set(families.flatMap(({ except }) => except))];
  return excepted
    .filter((pattern) => {
      const own = imageLanguageOf({ images: [pattern], except: [] }).images;
      const others = families.filter(({ except }) => !except.includes(pattern));
      const covering = others.filter(({ except }) => except.length === 0).flatMap(({ images }) => images);
      const left = findCommon(patterns, [own], imageLanguageOf({ images: covering, except: [] }).images);
      return left.kind !== "none";
    })
    .map(toGlob);
}
