import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evidence, EVERYTHING, policies, REPOSITORIES } from "../../../test/setup/exchange-policies.ts";
import { admits, EXCHANGE, type Fact } from "../../../test/setup/exchange-world.ts";
import type { ExportFormat, Exported } from "./exports/engine.ts";
import { isLooser } from "./exports/engine.ts";
import { toSourceDocuments } from "./exports/read-back.ts";
import { weaken } from "./exports/weaken.ts";
import { toCnf, toRequirement } from "./cnf.ts";
import type { ImportFormat } from "./imports/imported.ts";
import type { Authority, TrustPolicySet } from "./trust-policy.ts";

/** Narrower there in a way that the comparison below takes into account, or that facts do not show. */
const MODELLED: ReadonlySet<string> = new Set(["time-sources", "platforms", "claims"]);
const NOTHING: ReadonlySet<string> = new Set();
const RUNS = Math.max(300, fc.readConfigureGlobal().numRuns ?? 0);

/** What every export format must do, with the reader of the same format as judge. */
export function exportContract(format: ExportFormat, reader: ImportFormat): void {
  const readBack = (exported: Exported): TrustPolicySet =>
    reader.import(toSourceDocuments(exported.documents), EXCHANGE).policy;

  // Nightly runs look at many more policies than a usual timeout is for.
  describe(`${format.id} as an ExportFormat`, { timeout: 120_000 + RUNS * 200 }, () => {
    test("admits no more than the policy, whatever the evidence, and says why it refuses a family", () => {
      fc.assert(
        fc.property(policies, fc.array(evidence, { minLength: 3, maxLength: 3 }), (policy, samples) => {
          const exported = format.export(policy, NOTHING, EXCHANGE);
          expect(refusalsWithoutReason(exported)).toEqual([]);
          const read = readBack(exported);
          const more = grid(samples).filter(
            ([repository, facts]) => admits(read, repository, facts) && !admits(policy, repository, facts),
          );
          expect(more).toEqual([]);
        }),
        { numRuns: RUNS },
      );
    });

    test("comes back as the policy without what was accepted and what is narrower there", () => {
      fc.assert(
        fc.property(policies, fc.array(evidence, { minLength: 3, maxLength: 3 }), (policy, samples) => {
          const offered = format.export(policy, NOTHING, EXCHANGE);
          const accepted = new Set(offered.losses.filter(isLooser).map(({ id }) => id));
          const exported = format.export(policy, accepted, EXCHANGE);
          // A scope that is wider than its family may lie in another, which is told, and proven by neither.
          const isNested = exported.losses.some(({ field, accepted: is }) => is && field === "images");
          expect(isNested ? [] : exported.losses.filter(({ field }) => field === "proof")).toEqual([]);
          const read = readBack(exported);
          const weak = weakened(policy, exported);
          const isNarrowed = exported.losses.some(({ kind, field }) => kind === "narrowed" && !MODELLED.has(field));
          const isCoarse = losesOneOfSeveral(policy, exported);
          const isUnread = exported.losses.some(({ field, accepted: is }) => is && field === "signature");
          const answers = grid(samples).map(([repository, facts]) => ({
            repository,
            facts,
            there: admits(read, repository, facts),
            here: admits(weak, repository, facts),
          }));
          expect(answers.filter(({ there, here }) => there && !here)).toEqual([]);
          expect(isNarrowed || isUnread || isCoarse ? [] : answers.filter(({ there, here }) => here && !there)).toEqual(
            [],
          );
        }),
        { numRuns: RUNS },
      );
    });
  });
}

/**
 * Conditions are lost by authority: who accepts that one of several is not written gets the others all the same, which is
 * narrower than what was accepted.
 */
function losesOneOfSeveral({ families }: TrustPolicySet, { losses }: Exported): boolean {
  const lost = losses.filter(({ field, accepted }) => accepted && field === "where");
  return families.some(({ name, require }) => {
    const asked = (toCnf(require) ?? []).flat().filter((term) => term.op === "attestation" && term.where.length > 0);
    return asked.some((term) => {
      const others = asked.filter(({ by }) => by === term.by).map((other) => JSON.stringify(other));
      return new Set(others).size > 1 && lost.some(({ id }) => id === `${name}/where/${term.by}`);
    });
  });
}

/** Families that are refused with nothing to say why, the other way round, and losses that cannot be told apart. */
function refusalsWithoutReason({ losses, refused }: Exported): readonly string[] {
  const looser = new Set(losses.filter((loss) => isLooser(loss) && loss.family !== "*").map(({ family }) => family));
  const ids = losses.map(({ id }) => id);
  return [
    ...[...looser].filter((family) => !refused.includes(family)),
    ...refused.filter((family) => !looser.has(family)),
    ...ids.filter((id, i) => ids.indexOf(id) !== i),
  ];
}

function grid(samples: readonly (readonly Fact[])[]): readonly (readonly [string, readonly Fact[]])[] {
  return REPOSITORIES.flatMap((repository) => [...samples, EVERYTHING].map((facts) => [repository, facts] as const));
}

/** The families that were exported, without the checks whose loss was accepted. */
function weakened(policy: TrustPolicySet, { losses, refused }: Exported): TrustPolicySet {
  const parts = policy.families
    .filter(({ name }) => !refused.includes(name))
    .map((family) => ({ name: family.name, ...weaken(policy, family, losses) }));
  const isStampIgnored = (family: string, by: string) =>
    losses.some(({ id, kind }) => kind === "narrowed" && id === `${family}/time-sources/${by}`);
  return {
    ...policy,
    families: parts.map(({ name, family, clauses = [] }) => ({
      ...family,
      require: toRequirement(clauses.map((clause) => clause.map((term) => ({ ...term, by: rename(name, term.by) })))),
    })),
    authorities: Object.fromEntries(
      parts.flatMap(({ name, authorities }) =>
        Object.entries(authorities).map(([by, one]) => [rename(name, by), isStampIgnored(name, by) ? byLog(one) : one]),
      ),
    ),
  };
}

function byLog(authority: Authority): Authority {
  return authority.kind === "sigstore" ? { ...authority, time: { sources: ["log"], min: 1, tsas: [] } } : authority;
}

function rename(name: string, by: string): string {
  return `${name}.${by}`;
}
