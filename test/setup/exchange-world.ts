import { re2jsCompiler } from "../../src/adapters/re2js/regex-compiler.ts";
import { compileGlob } from "../../src/core/automata/glob.ts";
import { matchesText } from "../../src/core/automata/matches.ts";
import { sameBytes } from "../../src/core/bytes/bytes.ts";
import { renderPem } from "../../src/core/bytes/pem.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import type { JsonValue } from "../../src/core/json/json.ts";
import type { DomainMaterial, ExchangeContext } from "../../src/core/policy/exports/engine.ts";
import { meetsCondition } from "../../src/core/policy/judge/judge-condition.ts";
import type {
  Authority,
  ImageFamily,
  KeyAuthority,
  LogRule,
  NotationAuthority,
  Requirement,
  SigstoreAuthority,
  TextRule,
  TrustPolicySet,
} from "../../src/core/policy/trust-policy.ts";
import type { UnixMs } from "../../src/core/time.ts";
import { newPair } from "./make-certificate.ts";

const KEY_NAMES = ["rekor-a", "rekor-b", "rekor-v2", "public-rekor", "ct", "vendor-1", "vendor-2"] as const;
export const KEYS = Object.fromEntries(KEY_NAMES.map((name) => [name, newPair("P-256").spki])) as Record<
  (typeof KEY_NAMES)[number],
  Uint8Array
>;

const ca = (name: string) => ({
  uri: `https://fulcio.${name}.example`,
  chain: [toUtf8(`leaf of ${name}`), toUtf8(`root of ${name}`)],
  validFor: { start: 0 as UnixMs },
  operator: name,
});
const log = (name: string, type: "rekor1" | "rekor2", key: Uint8Array) => ({
  name,
  type,
  baseUrl: `https://${name}.example`,
  key,
});
const domain = (name: string, isPublic: boolean, logs: DomainMaterial["logs"]): DomainMaterial =>
  ({
    isPublic,
    logs,
    certificateAuthorities: [ca(name)],
    ctlogs: [{ baseUrl: "https://ct.example", key: KEYS.ct }],
    timestampAuthorities: [ca(`${name}-tsa`)],
  }) as unknown as DomainMaterial;

export const EXCHANGE: ExchangeContext = {
  domains: {
    private: domain("private", false, [
      log("rekor-a", "rekor1", KEYS["rekor-a"]),
      log("rekor-b", "rekor1", KEYS["rekor-b"]),
    ]),
    public: domain("public", true, [log("public-rekor", "rekor1", KEYS["public-rekor"])]),
  },
  repositories: ["registry.example.com/one/app", "registry.example.com/two/app", "elsewhere.example.com/one"],
  patterns: { compile: remembered() },
};

/** The same few patterns are compiled for every generated policy. */
function remembered(): ExchangeContext["patterns"]["compile"] {
  const known = new Map<string, ReturnType<ExchangeContext["patterns"]["compile"]>>();
  return (pattern) => {
    const before = known.get(pattern) ?? re2jsCompiler.compile(pattern);
    known.set(pattern, before);
    return before;
  };
}

/** What is known of one piece of evidence, after the mathematics. */
export type Fact = {
  readonly what: "signature" | "attestation";
  readonly predicateType: string;
  readonly statement: JsonValue;
  readonly source: "bundle" | "legacy" | "notation";
  readonly signer:
    | { readonly kind: "sigstore"; readonly root: string; readonly issuer: string; readonly san: string }
    | { readonly kind: "key"; readonly key: Uint8Array; readonly root: string }
    | { readonly kind: "notation"; readonly store: string; readonly subject: string };
  readonly log: "none" | "promise" | "inclusion";
  readonly logs: readonly string[];
  readonly witnesses: readonly string[];
  readonly sct: boolean;
  readonly tsa: boolean;
  readonly isOld: boolean;
};

/** Whether a policy admits an image with these facts: the definition, read off the words of the chapter. */
export function admits(policy: TrustPolicySet, repository: string, facts: readonly Fact[]): boolean {
  const family = policy.families.find(
    ({ images, except }) =>
      images.some((one) => isImage(one, repository)) && !except.some((one) => isImage(one, repository)),
  );
  return family !== undefined && meets(family.require, policy, family, facts);
}

const images = new Map<string, boolean>();

function isImage(pattern: string, repository: string): boolean {
  const key = `${pattern} ${repository}`;
  const known = images.get(key);
  if (known !== undefined) return known;
  const compiled = compileGlob("own", pattern);
  const answer = compiled.ok && matchesText(compiled.value, repository);
  images.set(key, answer);
  return answer;
}

function meets(require: Requirement, policy: TrustPolicySet, family: ImageFamily, facts: readonly Fact[]): boolean {
  if (require.op === "signature" || require.op === "attestation") {
    const authority = policy.authorities[require.by];
    return (
      authority !== undefined &&
      facts.some(
        (fact) =>
          isBy(authority, fact) &&
          fact.what === require.op &&
          (family.time.maxAgeMs === undefined || require.op !== "signature" || !fact.isOld) &&
          (require.op === "signature" ||
            (fact.predicateType === require.predicateType &&
              (require.maxAgeMs === undefined || !fact.isOld) &&
              require.where.every((one) => meetsCondition(one, fact.statement, matchesWhole)))),
      )
    );
  }
  const met = require.of.filter((branch) => meets(branch, policy, family, facts)).length;
  const n = require.op === "any" ? 1 : require.op === "atLeast" ? require.n : require.of.length;
  return require.of.length > 0 && met >= n;
}

function isBy(authority: Authority, fact: Fact): boolean {
  if (authority.kind === "key") return isByKey(authority, fact);
  return authority.kind === "sigstore" ? isBySigstore(authority, fact) : isByNotation(authority, fact);
}

function isByKey({ publicKey, formats, log: rule }: KeyAuthority, fact: Fact): boolean {
  const { signer, source } = fact;
  const isKey = signer.kind === "key" && sameBytes(signer.key, publicKey);
  return (
    isKey &&
    source !== "notation" &&
    formats.includes(source) &&
    (!rule || (rule.root === signer.root && isLogged(rule, rule.root, fact)))
  );
}

function isByNotation({ trustStores, identities }: NotationAuthority, { signer }: Fact): boolean {
  const isKnown = signer.kind === "notation" && trustStores.includes(signer.store);
  return isKnown && identities.some((one) => one === "*" || one === signer.subject);
}

function isBySigstore({ root, identities, formats, time, sct, log: rule }: SigstoreAuthority, fact: Fact): boolean {
  const { signer, source } = fact;
  if (signer.kind !== "sigstore" || signer.root !== root || source === "notation" || !formats.includes(source))
    return false;
  const times = time.sources.filter((one) => (one === "tsa" ? fact.tsa : fact.log !== "none"));
  const isWhen = isLogged(rule, root, fact) && times.length >= time.min && (sct.kind === "absent" || fact.sct);
  return isWhen && identities.some((one) => isText(one.issuer, signer.issuer) && isText(one.san, signer.san));
}

/** Where a rule names no logs, those of the trust domain count, and no others. */
function isLogged(rule: LogRule, root: string, fact: Fact): boolean {
  const known = EXCHANGE.domains[root]?.logs.map(({ name }) => name) ?? [];
  const named = rule.logs.length === 0 ? known : rule.logs;
  const logs = fact.logs.filter((name) => named.includes(name));
  const { witnesses } = rule;
  return (
    fact.log !== "none" &&
    (rule.proof === "promise" || fact.log === "inclusion") &&
    logs.length >= rule.min &&
    (!witnesses || witnesses.of.filter((one) => fact.witnesses.includes(one)).length >= witnesses.quorum)
  );
}

function matchesWhole(pattern: string, text: string): boolean {
  return re2jsCompiler.matchesWhole(pattern, text);
}

function isText(rule: TextRule, text: string): boolean {
  return rule.kind === "exact" ? rule.text === text : re2jsCompiler.matchesWhole(rule.pattern, text);
}

/** A key of the world in PEM. */
export function pemOf(name: keyof typeof KEYS): string {
  return renderPem("PUBLIC KEY", KEYS[name]);
}
