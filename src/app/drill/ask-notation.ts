import { verifyNotation, type NotationPorts } from "../../capabilities/verify/verify-notation.ts";
import type { DrillAnswer } from "../../core/drill/answer.ts";
import type { Exhibit } from "../../core/drill/exhibit.ts";
import { DRILL_BUILDER, DRILL_STORE } from "../../core/drill/good.ts";
import { rulesOfAuthority } from "../../core/notation/authority-rules.ts";
import type { NotationTrustSource } from "../../ports/notation-trust-source.ts";

/** Puts an image to the verifier of Notary Project signatures, with the rules that its policy names. */
export async function askNotation(
  ports: Omit<NotationPorts, "trust">,
  exhibit: Exhibit,
  signal: AbortSignal,
): Promise<DrillAnswer> {
  const trust = trustFor(exhibit);
  if (!trust) return { kind: "not-run", detail: "the policy names no Notation authority" };
  const { repository, digest } = exhibit;
  const { verdict } = await verifyNotation({ ...ports, trust })({ repository, reference: digest }, signal);
  if (verdict.kind === "pass") return { kind: "admitted", detail: "" };
  if (verdict.kind === "fail") {
    return { kind: "refused", codes: verdict.reasons.map(({ reason }) => reason), detail: verdict.reasons[0].detail };
  }
  return { kind: "refused", codes: verdict.gaps.map(({ missing }) => missing), detail: verdict.gaps[0].detail };
}

/** The one store of the drill, and the one statement, for every repository. */
function trustFor({ policy, notationRoot }: Exhibit): NotationTrustSource | undefined {
  const authority = policy.authorities[DRILL_BUILDER];
  const rules = authority?.kind === "notation" ? rulesOfAuthority(DRILL_BUILDER, authority) : undefined;
  if (!rules?.ok || !notationRoot) return undefined;
  const statement = { rules: rules.value, scopes: "any" } as const;
  const stored = { store: { type: "ca", name: DRILL_STORE }, der: notationRoot } as const;
  return {
    policy: async () => ({ statements: [statement] }),
    certificates: async () => ({ certificates: [stored], warnings: [] }),
  };
}
