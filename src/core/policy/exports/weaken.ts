import { toCnf, type Clause, type Term } from "../cnf.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../read/authority.ts";
import type { Authority, ImageFamily, LogRule, SigstoreAuthority, TrustPolicySet } from "../trust-policy.ts";
import { isLooser, type Loss, type LossField } from "./engine.ts";

/** A family as its owner lets it go to an engine: without the checks whose loss was accepted. */
export type WeakenedFamily = {
  readonly family: ImageFamily;
  /** `undefined`: too large to be compared. */
  readonly clauses: readonly Clause[] | undefined;
  readonly authorities: Readonly<Record<string, Authority>>;
};

/** Takes the accepted losses away from a family. What is exported has to admit no more than this. */
export function weaken(policy: TrustPolicySet, family: ImageFamily, losses: readonly Loss[]): WeakenedFamily {
  const gone = losses.filter((loss) => loss.accepted && isLooser(loss) && loss.family === family.name);
  const isGone = (field: LossField, part?: string): boolean =>
    gone.some((loss) => loss.field === field && (part === undefined || loss.id.endsWith(`/${part}`)));
  const partsOf = (field: LossField): readonly string[] =>
    gone.filter((loss) => loss.field === field).map(({ id }) => id.slice(`${family.name}/${field}/`.length));
  const authorities = Object.entries(policy.authorities).map(
    ([name, authority]) => [name, weakenAuthority(authority, (field) => isGone(field, name))] as const,
  );
  const clauses = toCnf(family.require)
    ?.filter((_, i) => !isGone("require", clausePart(i)))
    .map((clause) => clause.map((term) => weakenTerm(term, (field) => isGone(field, term.by))));
  return {
    family: {
      ...family,
      images: [...family.images, ...partsOf("images").flatMap((scope) => [scope, `${scope}/**`])],
      except: family.except.filter((pattern) => !partsOf("except").includes(pattern)),
      ...(isGone("claims") && { reference: "ignore" }),
      ...(isGone("family-time") && { time: { windows: [], outside: "flag" } }),
    },
    clauses,
    authorities: Object.fromEntries(authorities),
  };
}

/** How losses call a clause of a requirement. */
export function clausePart(index: number): string {
  return `clause-${index + 1}`;
}

type IsGone = (field: LossField) => boolean;

function weakenTerm(term: Term, isGone: IsGone): Term {
  const on = isGone("platforms") ? "subject" : term.on;
  if (term.op === "signature") return { ...term, on: on === "either" ? "subject" : on };
  const { maxAgeMs, where, ...rest } = term;
  return {
    ...rest,
    on,
    where: isGone("where") ? [] : where,
    ...(maxAgeMs !== undefined && !isGone("attestation-age") && { maxAgeMs }),
  };
}

function weakenAuthority(authority: Authority, isGone: IsGone): Authority {
  switch (authority.kind) {
    case "sigstore":
      return weakenSigstore(authority, isGone);
    case "key": {
      const { log, ...rest } = authority;
      return {
        ...rest,
        ...(log && { log: { ...weakenLog(log, isGone), root: log.root } }),
        ...(isGone("formats") && { formats: ["bundle", "legacy"] }),
        ...(isGone("key-validity") && { validity: { from: ALWAYS_FROM, to: ALWAYS_TO } }),
      };
    }
    case "notation":
      return authority;
    default:
      return authority;
  }
}

function weakenSigstore(authority: SigstoreAuthority, isGone: IsGone): SigstoreAuthority {
  const { identities } = authority;
  return {
    ...authority,
    log: weakenLog(authority.log, isGone),
    ...(isGone("extensions") && { identities: identities.map((identity) => ({ ...identity, extensions: {} })) }),
    ...(isGone("time-sources") && { time: { sources: ["tsa", "log"], min: 1, tsas: [] } }),
    ...(isGone("formats") && { formats: ["bundle", "legacy"] }),
    ...(isGone("sct") && { sct: { kind: "absent", reason: "accepted" } }),
  };
}

function weakenLog({ witnesses, ...log }: LogRule, isGone: IsGone): LogRule {
  return {
    ...log,
    ...(witnesses && !isGone("log-witnesses") && { witnesses }),
    ...(isGone("log-proof") && { proof: "promise" }),
    ...(isGone("log-min") && { min: 1 }),
    ...(isGone("log-logs") && { logs: [] }),
  };
}
