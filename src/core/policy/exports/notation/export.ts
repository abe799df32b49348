import { compileGlob } from "../../../automata/glob.ts";
import { matchesText } from "../../../automata/matches.ts";
import type { JsonObject } from "../../../json/json.ts";
import { notationImport } from "../../imports/notation/import.ts";
import type { Term } from "../../cnf.ts";
import type { Authority, ImageFamily, NotationAuthority, TrustPolicySet } from "../../trust-policy.ts";
import { alternativesLoss, exportClauses, keepFirst, type TermPart } from "../clauses.ts";
import type { ExchangeContext, ExportedDocument, ExportFormat, LossDraft } from "../engine.ts";
import { exportPolicy, type Assembly, type Engine, type FamilyPart } from "../export-policy.ts";
import { toSourceDocuments } from "../read-back.ts";
import { familyLosses, termLosses, type Reach } from "../strength.ts";

const REACH: Reach = { engine: "Notation", sct: true, reference: false };

type Part = { readonly scopes: readonly string[]; readonly authority: NotationAuthority };

/** Notation trust policy 1.0: a statement for each family, over repositories that are known. */
export const notationExport: ExportFormat = {
  id: "notation",
  export: (policy, accepted, context) => exportPolicy(ENGINE, policy, accepted, context),
};

const ENGINE: Engine<Part> = {
  id: "notation",
  exportFamily,
  reach: {
    engine: REACH.engine,
    tags: {
      effect: "a tag is resolved, and what it leads to is judged; here tags are refused",
      remedy: "Ask about digests.",
    },
  },
  setLosses: () => [
    {
      field: "root",
      kind: "cluster-setting",
      effect: "certificates come from the trust store directory, by the names of the stores",
      remedy: "Install the stores that the policy names beside trustpolicy.json.",
    },
  ],
  assemble,
  readBack: (documents, context) => notationImport.import(toSourceDocuments(documents), context),
};

function exportFamily(family: ImageFamily, policy: TrustPolicySet, context: ExchangeContext): FamilyPart<Part> {
  const scopes = repositoriesOf(family, context.repositories);
  const said = keepFirst(exportClauses(family, policy, REACH.engine, toStatement), REACH.engine);
  const [authorities = []] = said.clauses;
  const [authority] = authorities;
  const isOpen = family.images.some((pattern) => pattern.includes("*"));
  const all = [
    ...familyLosses(family, REACH),
    ...said.losses,
    ...(authorities.length > 1 ? [alternativesLoss(REACH.engine, "one list of stores and identities")] : []),
    ...(isOpen ? [imagesLoss("narrowed", "patterns are written as the repositories that exist now")] : []),
  ];
  if (scopes.length === 0) return { losses: [...all, imagesLoss("dropped", "no repository of the family is known")] };
  return authority ? { part: { scopes, authority }, losses: all } : { losses: all };
}

function imagesLoss(kind: LossDraft["kind"], effect: string): LossDraft {
  return { field: "images", part: kind, kind, effect, remedy: "Export again when repositories are added." };
}

/** The repositories of a family: those that it names, and of those that exist the ones its patterns match. */
function repositoriesOf({ images, except }: ImageFamily, known: readonly string[]): readonly string[] {
  const named = images.filter((pattern) => !pattern.includes("*"));
  return [...new Set([...named, ...known])].filter((one) => isOf(images, one) && !isOf(except, one)).toSorted();
}

function isOf(patterns: readonly string[], repository: string): boolean {
  return patterns.some((pattern) => {
    const compiled = compileGlob("own", pattern);
    return compiled.ok && matchesText(compiled.value, repository);
  });
}

function toStatement(term: Term, authority: Authority): TermPart<NotationAuthority> {
  if (term.op !== "signature" || authority.kind !== "notation") return { parts: [], losses: [] };
  // Levels below admit what nobody trusted signed; no policy has them.
  if (authority.level === "audit" || authority.level === "skip") return { parts: [], losses: [] };
  return { parts: [authority], losses: termLosses(term, REACH) };
}

function assemble({ kept }: Assembly<Part>): readonly ExportedDocument[] {
  if (kept.length === 0) return [];
  const trustPolicies = kept.map(({ family, part }) => renderStatement(family.name, part));
  return [{ name: "trustpolicy", syntax: "json", value: { version: "1.0", trustPolicies }, comments: [] }];
}

function renderStatement(name: string, { scopes, authority }: Part): JsonObject {
  const { level, overrides, revocation, verifyTimestamp, trustStores, tsaStores, identities } = authority;
  const usual = level === "permissive" ? "log" : "enforce";
  const override = { ...overrides, ...(revocation !== usual && { revocation }) };
  return {
    name,
    registryScopes: scopes,
    signatureVerification: { level, ...(Object.keys(override).length > 0 && { override }), verifyTimestamp },
    trustStores: [...trustStores.map((store) => `ca:${store}`), ...tsaStores.map((store) => `tsa:${store}`)],
    trustedIdentities: identities,
  };
}
