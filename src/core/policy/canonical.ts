import { unreachable } from "../bug.ts";
import { toBase64 } from "../bytes/base64.ts";
import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256 } from "../digest.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { renderRfc3339, type UnixMs } from "../time.ts";
import { lookUp } from "./look-up.ts";
import { authoritiesOf } from "./read/judge-signers.ts";
import type {
  Authority,
  Condition,
  Enforcement,
  IdentityRule,
  ImageFamily,
  LogRule,
  NamespaceMode,
  Requirement,
  TextRule,
  TimeRules,
  TrustPolicySet,
} from "./trust-policy.ts";

/**
 * The identity of a policy: SHA-256 of the RFC 8785 rendering of the expanded model, in hexadecimal (trust-policy chapter
 * §1.1). The order of files, families and sets does not matter; comments and spelling do not either.
 */
export function policyHash(policy: TrustPolicySet): string {
  return hashOf(toCanonicalPolicy(policy));
}

/**
 * The identity of one family with every authority it reaches, and the limits: what verdicts are cached by. An edit
 * elsewhere keeps them. The roots are names here; the hash of each root is a part of the cache key of its own.
 */
export function familyHash(policy: TrustPolicySet, family: ImageFamily): string {
  const names = [...new Set(authoritiesOf(family.require))].toSorted();
  const reached = names.flatMap((name) => {
    const authority = lookUp(policy.authorities, name);
    return authority ? [[name, toAuthority(authority)] as const] : [];
  });
  return hashOf({ family: toFamily(family), authorities: Object.fromEntries(reached), limits: { ...policy.limits } });
}

/** Renders what `policyHash` hashes, and what a policy is signed over. */
export function renderCanonicalPolicy(policy: TrustPolicySet): string {
  return renderCanonicalJson(toCanonicalPolicy(policy));
}

function hashOf(value: JsonValue): string {
  return toHex(sha256(toUtf8(renderCanonicalJson(value))));
}

/** The expanded model as JSON: times as RFC 3339, keys as base64, sets in order. */
export function toCanonicalPolicy(policy: TrustPolicySet): JsonObject {
  const { unmatched, enforcement, families, authorities } = policy;
  return {
    name: policy.name,
    ...(policy.revision !== undefined && { revision: policy.revision }),
    default: unmatched.kind === "deny" ? "deny" : { admit: { reason: unmatched.reason, until: time(unmatched.until) } },
    pin: policy.pin,
    enforcement: toEnforcement(enforcement),
    families: families.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(toFamily),
    authorities: Object.fromEntries(Object.entries(authorities).map(([name, item]) => [name, toAuthority(item)])),
    limits: { ...policy.limits },
  };
}

function time(at: UnixMs): string {
  return renderRfc3339(at);
}

function setOf(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}

/** Namespaces keep their order: the first that matches decides. */
function toEnforcement({ byDefault, namespaces, exempt }: Enforcement): JsonObject {
  return {
    default: toMode(byDefault),
    namespaces: namespaces.map(({ match, mode }) => ({ match: setOf(match), mode: toMode(mode) })),
    exempt: exempt.map(({ match, owner, reason }) => ({ match: setOf(match), owner, reason })),
  };
}

function toMode(mode: NamespaceMode): JsonValue {
  if (mode.kind === "enforce") return "enforce";
  return { audit: { owner: mode.owner, reason: mode.reason, until: time(mode.until) } };
}

function toFamily(family: ImageFamily): JsonObject {
  return {
    name: family.name,
    images: setOf(family.images),
    except: setOf(family.except),
    require: toRequirement(family.require),
    platforms: setOf(family.platforms),
    claims: { reference: family.reference },
    time: toTimeRules(family.time),
  };
}

function toTimeRules({ notBefore, maxAgeMs, windows, outside }: TimeRules): JsonObject {
  return {
    ...(notBefore !== undefined && { notBefore: time(notBefore) }),
    ...(maxAgeMs !== undefined && { maxAgeMs }),
    windows: windows.map(({ days, fromMinute, toMinute, zone }) => ({ days: setOf(days), fromMinute, toMinute, zone })),
    outside,
  };
}

function toRequirement(require: Requirement): JsonObject {
  switch (require.op) {
    case "all":
    case "any":
      return { [require.op]: require.of.map(toRequirement) };
    case "atLeast":
      return { atLeast: require.n, of: require.of.map(toRequirement) };
    case "signature":
      return { signature: require.by, on: require.on };
    case "attestation":
      return {
        attestation: {
          by: require.by,
          type: require.predicateType,
          where: require.where.map(toCondition),
          ...(require.maxAgeMs !== undefined && { maxAgeMs: require.maxAgeMs }),
          on: require.on,
        },
      };
    default:
      return unreachable(require);
  }
}

function toCondition({ at, every, test }: Condition): JsonObject {
  return { at: [...at], every, ...toTest(test) };
}

/** The test of a condition, as a document writes it. */
export function toTest(test: Condition["test"]): JsonObject {
  switch (test.kind) {
    case "is":
      return { is: test.value };
    case "in":
      return { in: [...test.values] };
    case "matches":
      return { matches: test.pattern };
    case "exists":
      return { exists: test.exists };
    case "max":
    case "min":
      return { [test.kind]: test.value };
    case "after":
    case "before":
      return { [test.kind]: time(test.at) };
    default:
      return unreachable(test);
  }
}

function toAuthority(authority: Authority): JsonObject {
  switch (authority.kind) {
    case "sigstore":
      return {
        sigstore: {
          root: authority.root,
          identities: authority.identities.map(toIdentity),
          formats: setOf(authority.formats),
          log: toLog(authority.log),
          time: { ...authority.time, sources: setOf(authority.time.sources), tsas: setOf(authority.time.tsas) },
          sct: authority.sct.kind === "required" ? "required" : { absent: authority.sct.reason },
        },
      };
    case "key": {
      const { publicKey, reason, formats, validity, log } = authority;
      const valid = { from: time(validity.from), to: time(validity.to) };
      const logged = log ? { log: { root: log.root, ...toLog(log) } } : {};
      return {
        key: { publicKey: toBase64(publicKey), reason, formats: setOf(formats), validity: valid, ...logged },
      };
    }
    case "notation": {
      const { kind: _, trustStores, identities, tsaStores, overrides, ...rest } = authority;
      const sets = { trustStores: setOf(trustStores), identities: setOf(identities), tsaStores: setOf(tsaStores) };
      return { notation: { ...rest, ...sets, overrides: { ...overrides } } };
    }
    default:
      return unreachable(authority);
  }
}

function toIdentity({ issuer, san, extensions }: IdentityRule): JsonObject {
  return { issuer: toText(issuer), san: { [san.type]: toText(san) }, extensions: { ...extensions } };
}

function toText(rule: TextRule): JsonValue {
  return rule.kind === "exact" ? rule.text : { pattern: rule.pattern };
}

function toLog({ logs, proof, reason, witnesses, min }: LogRule): JsonObject {
  return {
    logs: setOf(logs),
    proof,
    ...(reason !== undefined && { reason }),
    ...(witnesses && { witnesses: { of: setOf(witnesses.of), quorum: witnesses.quorum } }),
    min,
  };
}
