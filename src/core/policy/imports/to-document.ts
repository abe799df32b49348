import { unreachable } from "../../bug.ts";
import { renderPem } from "../../bytes/pem.ts";
import type { JsonObject, JsonValue } from "../../json/json.ts";
import { API_VERSION } from "../../names.ts";
import { renderRfc3339 } from "../../time.ts";
import { toTest } from "../canonical.ts";
import { ALWAYS_FROM, ALWAYS_TO } from "../read/authority.ts";
import type {
  Authority,
  Condition,
  IdentityRule,
  ImageFamily,
  KeyAuthority,
  LogRule,
  NotationAuthority,
  Requirement,
  SigstoreAuthority,
  TextRule,
  TrustPolicySet,
} from "../trust-policy.ts";

/**
 * An imported policy as a document that people go on to edit. What engines allow and we refuse (expressions that are not
 * anchored, issuers that anybody has) is written as it is: `policy check` says what to mend.
 */
export function toPolicyDocument({ name, families, authorities }: TrustPolicySet): JsonObject {
  return {
    apiVersion: API_VERSION,
    kind: "TrustPolicy",
    metadata: { name },
    spec: {
      revision: 1,
      authorities: Object.fromEntries(Object.entries(authorities).map(([key, one]) => [key, toAuthority(one)])),
      families: families.map(toFamily),
    },
  };
}

function toFamily({ name, images, except, require, reference }: ImageFamily): JsonObject {
  return {
    name,
    images,
    ...(except.length > 0 && { except }),
    require: require.op === "all" ? require.of.map(toRequirement) : [toRequirement(require)],
    ...(reference === "repository" && { claims: { reference } }),
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
      return { signature: require.by };
    case "attestation": {
      const { by, predicateType, where } = require;
      return { attestation: { by, type: predicateType, ...(where.length > 0 && { where: where.map(toCondition) }) } };
    }
    default:
      return unreachable(require);
  }
}

function toCondition({ at, test }: Condition): JsonObject {
  const pointer = at.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return { at: pointer, ...toTest(test) };
}

function toAuthority(authority: Authority): JsonObject {
  switch (authority.kind) {
    case "sigstore":
      return { sigstore: toSigstore(authority) };
    case "key":
      return { key: toKeyDocument(authority) };
    case "notation":
      return { notation: toNotation(authority) };
    default:
      return unreachable(authority);
  }
}

function toSigstore({ root, identities, formats, log, time, sct }: SigstoreAuthority): JsonObject {
  return {
    root,
    identities: identities.map(toIdentity),
    formats,
    log: toLog(log),
    time: { sources: time.sources, min: time.min, ...(time.tsas.length > 0 && { tsas: time.tsas }) },
    sct: sct.kind === "required" ? "required" : { absent: sct.reason },
  };
}

const SAN_MEMBERS = { uri: "uri", email: "email", "other-name": "other" } as const;

function toIdentity({ issuer, san }: IdentityRule): JsonObject {
  const member =
    san.type === "uri" || san.type === "email" || san.type === "other-name" ? SAN_MEMBERS[san.type] : "uri";
  return { issuer: toText(issuer), san: { [member]: toText(san) } };
}

function toText(rule: TextRule): JsonValue {
  return rule.kind === "exact" ? rule.text : { pattern: rule.pattern };
}

function toLog({ logs, proof, reason, witnesses, min }: LogRule): JsonObject {
  return {
    ...(logs.length > 0 && { logs }),
    proof,
    ...(reason !== undefined && { reason }),
    ...(witnesses && { witnesses }),
    min,
  };
}

function toKeyDocument({ publicKey, reason, formats, validity, log }: KeyAuthority): JsonObject {
  const isBound = validity.from > ALWAYS_FROM || validity.to < ALWAYS_TO;
  return {
    publicKey: renderPem("PUBLIC KEY", publicKey),
    reason,
    formats,
    ...(isBound && { validity: { from: renderRfc3339(validity.from), to: renderRfc3339(validity.to) } }),
    ...(log && { log: { root: log.root, ...toLog(log) } }),
  };
}

function toNotation({ tsaStores, overrides, ...notation }: NotationAuthority): JsonObject {
  const { trustStores, identities, reason, level, verifyTimestamp, revocation } = notation;
  return {
    trustStores,
    identities,
    ...(reason !== undefined && { reason }),
    level,
    verifyTimestamp,
    revocation,
    ...(tsaStores.length > 0 && { tsaStores }),
    ...(Object.keys(overrides).length > 0 && { overrides: { ...overrides } }),
  };
}
