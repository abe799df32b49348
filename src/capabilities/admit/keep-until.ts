import { reasonClassOf } from "../../core/policy/reason-class.ts";
import { addMs, type UnixMs } from "../../core/time.ts";
import type { ImageFacts } from "./image-facts.ts";

const DAY_MS = 86_400_000;
const FORGED_MS = 600_000;
const ABSENT_MS = 30_000;
const ENVIRONMENT_MS = 5_000;

/** Whose evidence was wrong in itself; new evidence may lie beside it, so not even that is for long. */
const FORGED: ReadonlySet<string> = new Set(["envelope", "certificate", "log", "notation"]);

/**
 * How long a verdict may be used again (trust-policy chapter §5.7): a day while it is satisfied, five seconds where the
 * world failed, ten minutes for forged evidence, and half a minute where something may be added at any time.
 */
export function keepUntil(facts: ImageFacts, now: UnixMs): UnixMs {
  const until = addMs(now, lifetimeMs(facts));
  return facts.validUntil !== undefined && facts.validUntil < until ? facts.validUntil : until;
}

function lifetimeMs({ require, codes }: ImageFacts): number {
  if (require.state === "pass") return DAY_MS;
  const classes = codes.map(reasonClassOf);
  if (require.state === "unknown" || classes.includes("environment")) return ENVIRONMENT_MS;
  return classes.every((name) => name !== undefined && FORGED.has(name)) ? FORGED_MS : ABSENT_MS;
}
