import type { Term } from "../cnf.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../read/authority.ts";
import type { ImageFamily, KeyAuthority, LogRule, SigstoreAuthority } from "../trust-policy.ts";
import type { DomainMaterial, LossDraft, NamedLog } from "./engine.ts";

/** What an engine can check of how well something is signed. */
export type Reach = {
  /** How the engine is called in texts. */
  readonly engine: string;
  readonly sct: boolean;
  /** Attestations whose predicate meets conditions. */
  readonly reference: boolean;
};

/** What an engine does not check of a Sigstore authority, beyond who signed. `name` is the authority's. */
export function sigstoreLosses(name: string, authority: SigstoreAuthority, reach: Reach): readonly LossDraft[] {
  const { sct } = authority;
  const losses = [...logLosses(name, authority.log, reach), ...timeLosses(name, authority, reach)];
  if (sct.kind === "required" && !reach.sct) {
    losses.push({
      field: "sct",
      part: name,
      kind: "dropped",
      effect: `${reach.engine} never looks for a signed certificate timestamp`,
      remedy: "Watch the CT log of the domain, and accept this loss.",
    });
  }
  if (authority.identities.some(({ extensions }) => Object.keys(extensions).length > 0)) {
    losses.push({
      field: "extensions",
      part: name,
      kind: "dropped",
      effect: `${reach.engine} compares no certificate extensions: other workflows with the same SAN pass`,
      remedy: "Name the workflow in the SAN.",
    });
  }
  return [...losses, ...sanTypeLosses(name, authority, reach)];
}

/** The CA decides the type of SAN of an issuer; where the issuer is a pattern, any CA entry could give the same text. */
function sanTypeLosses(name: string, { identities }: SigstoreAuthority, { engine }: Reach): readonly LossDraft[] {
  const isExact = identities.every(({ issuer }) => issuer.kind === "exact");
  return [
    {
      field: "san-type",
      part: name,
      kind: isExact ? "cluster-setting" : "widened",
      effect: `${engine} compares the text of a SAN whatever its type is`,
      remedy: "Let the CA issue one type of SAN for the issuer.",
    },
  ];
}

/** What an engine does not check of a log rule: a signed promise is enough for all of them. */
export function logLosses(name: string, log: LogRule, { engine }: Reach): LossDraft[] {
  const losses: LossDraft[] = [];
  if (log.proof === "inclusion") {
    losses.push({
      field: "log-proof",
      part: name,
      kind: "widened",
      effect: `${engine} takes a promise of the log (SET) where an inclusion proof is required here`,
      remedy: "Follow the log, which notices a broken promise, and accept this loss; or write proof: promise.",
    });
  }
  if (log.witnesses) {
    losses.push({
      field: "log-witnesses",
      part: name,
      kind: "dropped",
      effect: `${engine} reads no cosignatures of witnesses`,
      remedy: "Follow the log with this program, which does.",
    });
  }
  if (log.min > 1) {
    losses.push({
      field: "log-min",
      part: name,
      kind: "dropped",
      effect: `${engine} is content with an entry in one log where ${log.min} are required`,
      remedy: "Keep this family on our own webhook.",
    });
  }
  return losses;
}

/** Keys and certificates are written without the periods in which the trust domain trusts them. */
export function periodLosses(
  name: string,
  { certificateAuthorities, ...domain }: DomainMaterial,
  log: Pick<LogRule, "logs">,
  { engine }: Reach,
): readonly LossDraft[] {
  const hasEnd =
    certificateAuthorities.some(({ validFor }) => validFor.hi !== undefined) ||
    logsOf(domain, log).some((one) => one.type === "rekor1" && one.hasEnd === true);
  if (!hasEnd) return [];
  return [
    {
      field: "root-validity",
      part: name,
      kind: "widened",
      effect: `${engine} is given keys and certificates without their periods: what has ended is trusted for ever`,
      remedy: "Take what has ended out of the trusted root that is exported, or accept this loss.",
    },
  ];
}

function timeLosses(name: string, { time }: SigstoreAuthority, { engine }: Reach): readonly LossDraft[] {
  const has = (source: "tsa" | "log"): boolean => time.sources.includes(source);
  if (has("log") && time.min === 1) {
    if (!has("tsa")) return [];
    return [
      {
        field: "time-sources",
        part: name,
        kind: "narrowed",
        effect: `${engine} takes the time of the log alone: what has only a timestamp is refused`,
        remedy: "Sign with an entry in Rekor v1.",
      },
    ];
  }
  return [
    {
      field: "time-sources",
      part: name,
      kind: "dropped",
      effect: `${engine} takes the time of the log where ${time.min} of ${time.sources.join(", ")} are required`,
      remedy: "Add log to the time sources, or keep this family on our own webhook.",
    },
  ];
}

/** What an engine does not check of a key. */
export function keyLosses(name: string, { validity, log }: KeyAuthority, reach: Reach): readonly LossDraft[] {
  const losses = log ? logLosses(name, log, reach) : [];
  if (validity.from > ALWAYS_FROM || validity.to < ALWAYS_TO) {
    losses.push({
      field: "key-validity",
      part: name,
      kind: "dropped",
      effect: `${reach.engine} trusts the key at any time`,
      remedy: "Take the key out of the export when it ends.",
    });
  }
  return losses;
}

/** What no engine says of a term. */
export function termLosses(term: Term, { engine }: Reach): readonly LossDraft[] {
  const losses: LossDraft[] = [];
  if (term.on !== "subject") {
    losses.push({
      field: "platforms",
      part: term.by,
      kind: term.on === "either" ? "narrowed" : "dropped",
      effect: `${engine} looks at the digest that the Pod names, not at each platform`,
      remedy: "Sign the index as well, and ask for on: subject.",
    });
  }
  if (term.op === "attestation" && term.maxAgeMs !== undefined) {
    losses.push({
      field: "attestation-age",
      part: term.by,
      kind: "dropped",
      effect: `${engine} has no clock for attestations: an old one passes`,
      remedy: "Keep the age check on our own webhook.",
    });
  }
  return losses;
}

/** What no engine says of a family. */
export function familyLosses({ time, reference }: ImageFamily, reach: Reach): readonly LossDraft[] {
  const losses: LossDraft[] = [];
  const windows = time.outside === "deny" && time.windows.length > 0;
  if (time.notBefore !== undefined || time.maxAgeMs !== undefined || windows) {
    losses.push({
      field: "family-time",
      kind: "dropped",
      effect: `${reach.engine} sees no signing time: old images and images signed outside the windows pass`,
      remedy: "Keep the time rules on our own webhook.",
    });
  }
  if (reference === "repository" && !reach.reference) {
    losses.push({
      field: "claims",
      kind: "dropped",
      effect: `${reach.engine} does not compare the name that was signed`,
      remedy: "Keep this family on our own webhook.",
    });
  }
  return losses;
}

/** The logs that a rule names, of those the domain has. */
export function logsOf(domain: Pick<DomainMaterial, "logs">, { logs }: Pick<LogRule, "logs">): readonly NamedLog[] {
  return logs.length === 0 ? domain.logs : domain.logs.filter(({ name }) => logs.includes(name));
}
