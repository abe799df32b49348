import { renderPem } from "../../../bytes/pem.ts";
import type { JsonObject } from "../../../json/json.ts";
import { lookUp } from "../../look-up.ts";
import type {
  Authority,
  IdentityRule,
  KeyAuthority,
  LogRule,
  SigstoreAuthority,
  TextRule,
} from "../../trust-policy.ts";
import type { ExchangeContext, LossDraft, NamedLog } from "../engine.ts";
import { exactPattern } from "../escape-regex.ts";
import { keyLosses, logsOf, periodLosses, sigstoreLosses, type Reach } from "../strength.ts";

const REACH: Reach = { engine: "Kyverno", sct: true, reference: false };
/** Of a bundle nothing but signature, log and time is looked at (Kyverno `sigstore` verifier). */
const BUNDLE_REACH: Reach = { ...REACH, sct: false };

export type KyvernoType = "Cosign" | "SigstoreBundle";

/** Entries of an attestor, each of which is enough, and how their evidence is stored. */
export type KyvernoSigners = {
  readonly type: KyvernoType;
  readonly entries: readonly JsonObject[];
  readonly losses: readonly LossDraft[];
};

/** The signers of an authority; `undefined` where Kyverno cannot say them. */
export function toSigners(name: string, authority: Authority, context: ExchangeContext): KyvernoSigners | undefined {
  switch (authority.kind) {
    case "key":
      return keySigners(name, authority, context);
    case "sigstore":
      return keylessSigners(name, authority, context);
    case "notation":
      return undefined;
    default:
      return authority satisfies never;
  }
}

function keySigners(name: string, key: KeyAuthority, context: ExchangeContext): KyvernoSigners | undefined {
  const log = key.log && toRekor(name, key.log, key.log.root, context);
  if ((key.log && !log) || !key.formats.includes("legacy")) return undefined;
  const rekor = log ? log.rekor : { ignoreTlog: true };
  const entry = { keys: { publicKeys: renderPem("PUBLIC KEY", key.publicKey), rekor } };
  const losses = [...keyLosses(name, key, REACH), ...(log?.losses ?? []), ...bundleLosses(name, key)];
  return { type: "Cosign", entries: [entry], losses };
}

function keylessSigners(
  name: string,
  authority: SigstoreAuthority,
  context: ExchangeContext,
): KyvernoSigners | undefined {
  const domain = lookUp(context.domains, authority.root);
  if (!domain) return undefined;
  if (!authority.formats.includes("legacy")) {
    if (!domain.isPublic) return undefined;
    const logs =
      authority.log.logs.length === 0
        ? []
        : [logsLoss(name, "widened", "takes an entry in any log of the public good instance")];
    const entries = authority.identities.map((identity) => ({ keyless: renderIdentity(identity) }));
    return { type: "SigstoreBundle", entries, losses: [...sigstoreLosses(name, authority, BUNDLE_REACH), ...logs] };
  }
  const log = toRekor(name, authority.log, authority.root, context);
  if (!log) return undefined;
  const chain = domain.certificateAuthorities.flatMap((ca) => ca.chain.map((der) => renderPem("CERTIFICATE", der)));
  const ct = domain.ctlogs[0];
  const ctlog = {
    ...(authority.sct.kind === "absent" && { ignoreSCT: true }),
    ...(!domain.isPublic && ct && { pubkey: renderPem("PUBLIC KEY", ct.key) }),
  };
  const settings = {
    ...(!domain.isPublic && { roots: chain.join("") }),
    rekor: log.rekor,
    ...(Object.keys(ctlog).length > 0 && { ctlog }),
  };
  return {
    type: "Cosign",
    entries: authority.identities.map((identity) => ({ keyless: { ...renderIdentity(identity), ...settings } })),
    losses: [
      ...sigstoreLosses(name, authority, REACH),
      ...log.losses,
      ...bundleLosses(name, authority),
      noSubjectLoss(name, authority),
    ],
  };
}

function bundleLosses(part: string, { formats }: Pick<SigstoreAuthority, "formats">): readonly LossDraft[] {
  if (!formats.includes("bundle")) return [];
  return [
    {
      field: "formats",
      part,
      kind: "narrowed",
      effect: "one entry reads either legacy signatures or bundles: bundles are not read",
      remedy: "Sign in both forms, or name one format.",
    },
  ];
}

/** Kyverno `matchCertificateData`; another issuer than an exact one may be anybody's. */
function noSubjectLoss(part: string, { identities }: SigstoreAuthority): LossDraft {
  return {
    field: "san-type",
    part: `${part}-none`,
    kind: identities.every(({ issuer }) => issuer.kind === "exact") ? "cluster-setting" : "widened",
    effect: "Kyverno compares no subject where a certificate has no SAN at all",
    remedy: "Let the CA issue no such certificate: Fulcio does not.",
  };
}

type Rekor = { readonly rekor: JsonObject; readonly losses: readonly LossDraft[] };

/** One log for an entry, by its key; of the public good instance all that its trust root has. */
function toRekor(name: string, rule: LogRule, root: string, { domains }: ExchangeContext): Rekor | undefined {
  const domain = lookUp(domains, root);
  const logs = domain && logsOf(domain, rule).filter(({ type }) => type === "rekor1");
  const [log, ...others] = logs ?? [];
  if (!domain || !log) return undefined;
  if (domain.isPublic) {
    const isPart = rule.logs.length > 0;
    const losses = isPart ? [logsLoss(name, "widened", "takes an entry in any log of the public good instance")] : [];
    return { rekor: { url: "https://rekor.sigstore.dev" }, losses };
  }
  const losses = [
    ...(others.length > 0 ? [logsLoss(name, "narrowed", `knows one log for an entry: ${log.name}`)] : []),
    ...periodLosses(name, domain, rule, REACH),
  ];
  return { rekor: renderRekor(log), losses };
}

function renderRekor({ baseUrl, key }: NamedLog): JsonObject {
  return { url: baseUrl, pubkey: renderPem("PUBLIC KEY", key) };
}

function logsLoss(part: string, kind: LossDraft["kind"], what: string): LossDraft {
  return { field: "log-logs", part, kind, effect: `Kyverno ${what}`, remedy: "Name the logs that the engine knows." };
}

/** Exact values are globs there: one with a star or a question mark is written as an expression. */
function renderIdentity({ issuer, san }: IdentityRule): JsonObject {
  return { ...renderRule("issuer", issuer), ...renderRule("subject", san) };
}

function renderRule(member: "issuer" | "subject", rule: TextRule): JsonObject {
  if (rule.kind === "pattern") return { [`${member}RegExp`]: rule.pattern };
  return /[*?]/.test(rule.text) ? { [`${member}RegExp`]: exactPattern(rule.text) } : { [member]: rule.text };
}
