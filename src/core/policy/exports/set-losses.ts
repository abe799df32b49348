import { renderRfc3339 } from "../../time.ts";
import type { NamespaceMode, TrustException, TrustPolicySet } from "../trust-policy.ts";
import type { LossDraft } from "./engine.ts";

/** What an engine knows of what is beyond families. */
export type SetReach = {
  /** How the engine is called in texts. */
  readonly engine: string;
  /** What to do about namespaces that the policy treats otherwise; absent where the engine knows of no namespaces. */
  readonly exempt?: string;
  /** What becomes of a tag there, and how it is refused; absent where the documents say so. */
  readonly tags?: Pick<LossDraft, "effect" | "remedy">;
};

/** What of a set beyond its families is not in any export, one by one (trust-policy chapter §2.2). */
export function setLosses(
  { unmatched, enforcement, pin }: TrustPolicySet,
  exceptions: readonly TrustException[],
  reach: SetReach,
): readonly LossDraft[] {
  const { engine } = reach;
  return [
    ...(unmatched.kind === "admit"
      ? [
          narrowed("default", "admit", {
            effect: `images of no family are denied by ${engine}; here they are admitted until ${renderRfc3339(unmatched.until)}`,
            remedy: "Write families for them.",
          }),
        ]
      : []),
    ...(pin === "require" && reach.tags ? [{ field: "pin", kind: "cluster-setting", ...reach.tags } as const] : []),
    ...auditLosses("default", [], enforcement.byDefault, reach),
    ...enforcement.namespaces.flatMap(({ match, mode }, i) => auditLosses(`namespaces-${i + 1}`, match, mode, reach)),
    ...enforcement.exempt.map(({ match, owner, reason }, i): LossDraft => {
      const who = `namespaces ${match.join(", ")}, which are exempt here (${owner}: ${reason})`;
      const part = `exempt-${i + 1}`;
      return reach.exempt === undefined
        ? narrowed("enforcement", part, {
            effect: `${engine} knows of no namespaces: ${who}, have to meet the policy`,
            remedy: "Give the images that run there a family of their own.",
          })
        : {
            field: "enforcement",
            part,
            kind: "cluster-setting",
            effect: `${who}, are judged unless ${engine} is kept from them`,
            remedy: reach.exempt,
          };
    }),
    ...exceptions.map(({ name, ends }) =>
      narrowed("exception", name, {
        effect: `exception ${name}, until ${renderRfc3339(ends)}, is not written: what it excuses is denied by ${engine}`,
        remedy: "Let our own webhook judge where the exception is needed.",
      }),
    ),
  ];
}

function narrowed(field: LossDraft["field"], part: string, said: Pick<LossDraft, "effect" | "remedy">): LossDraft {
  return { field, part, kind: "narrowed", ...said };
}

/** An audit ends by itself here, and nowhere else: written, it would go on for ever. */
function auditLosses(
  part: string,
  match: readonly string[],
  mode: NamespaceMode,
  { engine }: SetReach,
): readonly LossDraft[] {
  if (mode.kind === "enforce") return [];
  const where = match.length === 0 ? "namespaces without a mode of their own" : `namespaces ${match.join(", ")}`;
  return [
    narrowed("enforcement", part, {
      effect: `${where} are audited until ${renderRfc3339(mode.until)}; no audit of ${engine} ends by itself, so they enforce there`,
      remedy: "Audit with our own webhook first, and export when the audit has ended.",
    }),
  ];
}
