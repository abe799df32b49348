import { policyInForce, type PolicyInForce } from "../../capabilities/admit/policy-in-force.ts";
import { bug } from "../../core/bug.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { sha256 } from "../../core/digest.ts";
import type { Exhibit } from "../../core/drill/exhibit.ts";
import { DRILL_ROOT, DRILL_STORE } from "../../core/drill/good.ts";
import { rulesOfAuthority } from "../../core/notation/authority-rules.ts";
import { compileNotationTrust } from "../../core/notation/trust.ts";
import type { UnixMs } from "../../core/time.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import { readPolicyText } from "./read-policy-text.ts";

/**
 * The policy of one artifact of the drill, in force with the drill's trusted root and trust store and no other. Where it is
 * given as text, what the text says.
 */
export function policyOf(exhibit: Exhibit, compiled: CompiledTrust, now: UnixMs): PolicyInForce {
  const text = exhibit.documents && readPolicyText(exhibit.documents, now).documents;
  const documents = text ?? { policy: exhibit.policy, exceptions: [], breakGlass: [] };
  const root = {
    compiled,
    hash: toHex(compiled.trustId),
    expired: exhibit.trust === "expired",
    nameOfLog: (url: string) => url,
    nameOfTsa: (uri: string) => uri,
  };
  return policyInForce({
    ...documents,
    roots: new Map([[DRILL_ROOT, root]]),
    stores: storesOf(exhibit),
    cluster: "drill",
  });
}

/** The one store of the drill, for every Notation authority. */
function storesOf({ policy, notationRoot }: Exhibit): PolicyInForce["stores"] {
  if (!notationRoot) return new Map();
  const stored = { store: { type: "ca", name: DRILL_STORE }, der: notationRoot } as const;
  const anchors = compileNotationTrust([stored]);
  if (!anchors.ok) return bug(`the drill's trust store: ${anchors.detail}`);
  const hash = toHex(sha256(notationRoot));
  return new Map(
    Object.entries(policy.authorities).flatMap(([name, authority]) => {
      if (authority.kind !== "notation") return [];
      const rules = rulesOfAuthority(name, authority);
      return rules.ok ? [[name, { rules: rules.value, anchors: anchors.value, hash }] as const] : [];
    }),
  );
}
