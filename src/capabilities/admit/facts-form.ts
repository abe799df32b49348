import type { ImageFacts } from "./image-facts.ts";
import type { CacheForm } from "./verdict-cache.ts";

/** What differs between two images of one pipeline: digests and numbers. All else is the same text, over and over. */
const VARIABLE = /(sha256:|"signedAt":|"index":|"validUntil":)([0-9a-f]{64}|\d+)/g;
/** Cannot be in JSON, where control characters are escaped. */
const GAP = "\u0000";
/** Denials tell details, which may be new each time; beyond this many, text is kept whole. */
const PATTERNS_MAX = 4096;

/**
 * Facts as text of which the greater part is shared: with it a verdict takes a third of a kilobyte, so that a hundred
 * thousand of them fit into a small container.
 */
export function factsForm(): CacheForm<ImageFacts> {
  const numbers = new Map<string, number>();
  const patterns: string[] = [];
  const numberOf = (pattern: string): number | undefined => {
    const known = numbers.get(pattern);
    if (known !== undefined || patterns.length >= PATTERNS_MAX) return known;
    numbers.set(pattern, patterns.length);
    return patterns.push(pattern) - 1;
  };
  return {
    toText: (facts) => {
      const whole = JSON.stringify(facts);
      const variables: string[] = [];
      const pattern = whole.replaceAll(VARIABLE, (_, name: string, value: string) => {
        variables.push(value);
        return name + GAP;
      });
      const number = numberOf(pattern);
      return number === undefined ? whole : [number, ...variables].join(",");
    },
    ofText: (text): ImageFacts => {
      if (text.startsWith("{")) return JSON.parse(text);
      const [number = "", ...variables] = text.split(",");
      const parts = (patterns[Number(number)] ?? "").split(GAP);
      return JSON.parse(parts.map((part, i) => part + (variables[i] ?? "")).join(""));
    },
  };
}
