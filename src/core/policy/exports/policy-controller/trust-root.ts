import { toBase64 } from "../../../bytes/base64.ts";
import { renderPem } from "../../../bytes/pem.ts";
import { toUtf8 } from "../../../bytes/utf8.ts";
import type { JsonObject } from "../../../json/json.ts";
import type { AuthorityInstance, LogInstance } from "../../../trust/trusted-root.ts";
import type { DomainMaterial, NamedLog } from "../engine.ts";

/** A trust domain with some of its logs, as a TrustRoot object (policy-controller `pkg/apis/policy/v1alpha1/trustroot_types.go`). */
export function renderTrustRoot(name: string, domain: DomainMaterial, logs: readonly NamedLog[]): JsonObject {
  return {
    apiVersion: "policy.sigstore.dev/v1alpha1",
    kind: "TrustRoot",
    metadata: { name },
    spec: {
      sigstoreKeys: {
        certificateAuthorities: domain.certificateAuthorities.map((ca) => renderAuthority(ca)),
        tLogs: logs.map(({ baseUrl, key }) => renderLog(baseUrl, key)),
        ctLogs: domain.ctlogs.map(({ baseUrl, key }: LogInstance) => renderLog(baseUrl, key)),
        timestampAuthorities: domain.timestampAuthorities.map((tsa) => renderAuthority(tsa)),
      },
    },
  };
}

/** Its `subject` is asked for and not used: the certificates say their names themselves. */
function renderAuthority({ uri, operator, chain }: AuthorityInstance): JsonObject {
  const organization = operator === "" ? "sigstore" : operator;
  const pem = chain.map((der) => renderPem("CERTIFICATE", der)).join("");
  return { subject: { organization, commonName: organization }, uri, certChain: toBase64(toUtf8(pem)) };
}

function renderLog(baseUrl: string, key: Uint8Array): JsonObject {
  return { baseURL: baseUrl, hashAlgorithm: "sha-256", publicKey: toBase64(toUtf8(renderPem("PUBLIC KEY", key))) };
}
