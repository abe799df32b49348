import { renderPem } from "../../bytes/pem.ts";
import { toBase64 } from "../../bytes/base64.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { lookUp } from "../look-up.ts";
import type {
  Authority,
  IdentityRule,
  ImageFamily,
  KeyAuthority,
  SigstoreAuthority,
  TrustPolicySet,
} from "../trust-policy.ts";
import type { TermPart } from "./clauses.ts";
import type { ExchangeContext, LossDraft, NamedLog } from "./engine.ts";
import type { SetReach } from "./set-losses.ts";
import { keyLosses, logsOf, periodLosses, sigstoreLosses, termLosses, type Reach } from "./strength.ts";
import type { Term } from "../cnf.ts";

/** What engines of containers-image check: never an SCT, and always the signed name. */
export const SCOPE_REACH: Omit<Reach, "engine"> = { sct: false, reference: true };

export const TAGS_OF_NODES: NonNullable<SetReach["tags"]> = {
  effect: "a node judges what a tag leads to when it pulls it; here tags are refused",
  remedy: "Refuse tags at admission.",
};

/** Roots of trust as PEM in base64. */
export type ScopeSigner = {
  readonly keys: readonly string[];
  readonly rekorKeys: readonly string[];
  readonly fulcio?: { readonly ca: string; readonly issuer: string; readonly email: string };
};

export type ScopeImages = {
  readonly scopes: readonly string[];
  readonly rejected: readonly string[];
  readonly losses: readonly LossDraft[];
};

/** Image patterns as scopes, each of which is a repository and all below it. */
export function toScopes(family: ImageFamily, policy: TrustPolicySet, canReject: boolean): ScopeImages {
  const { images } = family;
  const losses: LossDraft[] = [];
  const said = new Set(images.filter((pattern) => !scopeOf(pattern).includes("*")));
  const unsaid = images.filter((pattern) => !said.has(pattern));
  if (unsaid.length > 0)
    losses.push(imagesLoss("narrowed", "unsaid", `${unsaid.join(", ")} cannot be a scope, and is denied`));
  const scopes = [...new Set(Array.from(said, scopeOf))];
  for (const scope of scopes) {
    if (said.has(scope) && said.has(`${scope}/**`)) continue;
    const what = said.has(scope) ? `repositories below ${scope}` : `the repository ${scope} itself`;
    losses.push(imagesLoss("widened", scope, `scope ${scope} also has ${what}`));
  }
  const { rejected, losses: excepted } = toExceptions(family, policy, canReject);
  return { scopes, rejected, losses: [...losses, ...excepted] };
}

/** A more specific scope takes an exception out; where nobody else has it, one that rejects. */
function toExceptions(
  { except, name }: ImageFamily,
  policy: TrustPolicySet,
  canReject: boolean,
): Pick<ScopeImages, "rejected" | "losses"> {
  const others = new Set(policy.families.filter((other) => other.name !== name).flatMap((other) => other.images));
  const open = except.filter((pattern) => !others.has(pattern));
  const canBeScope = (pattern: string): boolean => canReject && !scopeOf(pattern).includes("*");
  const losses = open
    .filter((pattern) => !canBeScope(pattern))
    .map((pattern): LossDraft => ({
      field: "except",
      part: pattern,
      kind: "widened",
      effect: `${pattern} cannot be taken out of a scope: what the family needs is enough there`,
      remedy: "Give the exception a family of its own.",
    }));
  const taken = except.filter((pattern) => others.has(pattern) || canBeScope(pattern));
  if (taken.length > 0) {
    losses.push({
      field: "except",
      part: "scope",
      kind: "narrowed",
      effect: "the scope of an exception also has the repository it begins at",
      remedy: "Nothing.",
    });
  }
  return { rejected: open.filter(canBeScope).map(scopeOf), losses };
}

function scopeOf(pattern: string): string {
  return pattern.replace(/\/\*\*$/, "");
}

function imagesLoss(kind: LossDraft["kind"], part: string, effect: string): LossDraft {
  return { field: "images", part, kind, effect, remedy: "List a repository together with /** below it." };
}

/** The signers of a term; none where these engines cannot say it. They read legacy signatures only, and no attestation. */
export function toScopeSigner(
  term: Term,
  authority: Authority,
  { context, engine }: { readonly context: ExchangeContext; readonly engine: string },
): TermPart<ScopeSigner> {
  const reach: Reach = { ...SCOPE_REACH, engine };
  if (term.op === "attestation" || authority.kind === "notation") return NONE;
  const read =
    authority.kind === "key"
      ? keySigner(term.by, authority, { context, reach })
      : fulcioSigner(term.by, authority, { context, reach });
  if (!read) return NONE;
  return { parts: [read.signer], losses: [...termLosses(term, reach), ...read.losses] };
}

const NONE: TermPart<ScopeSigner> = { parts: [], losses: [] };

type Setting = { readonly context: ExchangeContext; readonly reach: Reach };
type Read = { readonly signer: ScopeSigner; readonly losses: readonly LossDraft[] };

function keySigner(name: string, key: KeyAuthority, { context, reach }: Setting): Read | undefined {
  const domain = key.log && lookUp(context.domains, key.log.root);
  const logs = key.log && domain ? rekorKeys(logsOf(domain, key.log)) : [];
  if ((key.log && logs.length === 0) || !key.formats.includes("legacy")) return undefined;
  const signer = { keys: [toPemData("PUBLIC KEY", [key.publicKey])], rekorKeys: logs };
  const periods =
    domain && key.log ? periodLosses(name, { ...domain, certificateAuthorities: [] }, key.log, reach) : [];
  return { signer, losses: [...keyLosses(name, key, reach), ...bundleLosses(name, key, reach), ...periods] };
}

function fulcioSigner(name: string, authority: SigstoreAuthority, { context, reach }: Setting): Read | undefined {
  const domain = lookUp(context.domains, authority.root);
  const first = authority.identities.find(isEmail);
  const logs = domain ? rekorKeys(logsOf(domain, authority.log)) : [];
  if (!domain || !first || logs.length === 0 || !authority.formats.includes("legacy")) return undefined;
  const losses = [...sigstoreLosses(name, authority, reach)].filter(({ field }) => field !== "san-type");
  if (authority.identities.length > 1) {
    losses.push({
      field: "identities",
      part: name,
      kind: "narrowed",
      effect: `${reach.engine} holds one e-mail identity: ${first.san.text}`,
      remedy: "Let one identity sign these images.",
    });
  }
  losses.push(...bundleLosses(name, authority, reach), ...periodLosses(name, domain, authority.log, reach));
  const ca = toPemData(
    "CERTIFICATE",
    domain.certificateAuthorities.flatMap(({ chain }) => chain),
  );
  const fulcio = { ca, issuer: first.issuer.text, email: first.san.text };
  return { signer: { keys: [], rekorKeys: logs, fulcio }, losses };
}

type EmailRule = IdentityRule & { readonly issuer: { readonly text: string }; readonly san: { readonly text: string } };

function isEmail(rule: IdentityRule): rule is EmailRule {
  return rule.issuer.kind === "exact" && rule.san.kind === "exact" && rule.san.type === "email";
}

function bundleLosses(
  part: string,
  { formats }: Pick<SigstoreAuthority, "formats">,
  { engine }: Reach,
): readonly LossDraft[] {
  if (!formats.includes("bundle")) return [];
  return [
    {
      field: "formats",
      part,
      kind: "narrowed",
      effect: `${engine} reads .sig tags only, no bundles`,
      remedy: "Sign in the legacy form as well.",
    },
  ];
}

function rekorKeys(logs: readonly NamedLog[]): readonly string[] {
  return logs.filter(({ type }) => type === "rekor1").map(({ key }) => toPemData("PUBLIC KEY", [key]));
}

function toPemData(label: "PUBLIC KEY" | "CERTIFICATE", ders: readonly Uint8Array[]): string {
  return toBase64(toUtf8(ders.map((der) => renderPem(label, der)).join("")));
}

/** What the engines compare and the policy does not. */
export function referenceLosses({ reference }: ImageFamily, engine: string): readonly LossDraft[] {
  if (reference === "repository") return [];
  return [
    {
      field: "claims",
      kind: "narrowed",
      effect: `${engine} compares the name that was signed with the repository: images that were copied are refused`,
      remedy: "Sign images where they run from.",
    },
  ];
}
