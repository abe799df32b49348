import { unreachable } from "../../bug.ts";
import type { Term } from "../cnf.ts";
import type { Authority, Requirement, TextRule } from "../trust-policy.ts";

/** How people call the statements that most policies ask for. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ["https://slsa.dev/provenance/v1", "provenance"],
  ["https://slsa.dev/provenance/v0.2", "provenance v0.2"],
  ["https://spdx.dev/Document", "SBOM (SPDX)"],
  ["https://cyclonedx.org/bom", "SBOM (CycloneDX)"],
  ["https://cosign.sigstore.dev/attestation/vuln/v1", "scan"],
  ["https://openvex.dev/ns", "VEX"],
]);

/** `signature by payments-builder`, `SBOM (SPDX) by payments-builder`. */
export function renderTerm(term: Term): string {
  if (term.op === "signature") return `signature by ${term.by}`;
  return `${TYPE_NAMES.get(term.predicateType) ?? term.predicateType} by ${term.by}`;
}

/** A requirement in words: `signature by a AND (SBOM by b OR 2 of (…))`. */
export function renderRequirement(require: Requirement): string {
  switch (require.op) {
    case "signature":
    case "attestation":
      return renderTerm(require);
    case "all":
      return join(require.of, " AND ");
    case "any":
      return join(require.of, " OR ");
    case "atLeast":
      return `${require.n} of (${require.of.map(renderRequirement).join(", ")})`;
    default:
      return unreachable(require);
  }
}

function join(of: readonly Requirement[], word: string): string {
  const [only, ...others] = of;
  if (only && others.length === 0) return renderRequirement(only);
  return of
    .map((part) => (part.op === "all" || part.op === "any" ? `(${renderRequirement(part)})` : renderRequirement(part)))
    .join(word);
}

/** Who an authority lets sign, one line each: what a denial shows as expected. */
export function renderSigners(authority: Authority): readonly string[] {
  switch (authority.kind) {
    case "sigstore":
      return authority.identities.map(({ issuer, san }) => `${renderText(san)} @ ${renderText(issuer)}`);
    case "key":
      return [`a key (${authority.reason})`];
    case "notation":
      return authority.identities.map((name) => `${name} under ${authority.trustStores.join(", ")}`);
    default:
      return unreachable(authority);
  }
}

function renderText(rule: TextRule): string {
  return rule.kind === "exact" ? rule.text : rule.pattern;
}
