import type { JsonObject } from "../../../json/json.ts";
import { openshiftImport } from "../../imports/openshift/import.ts";
import type { ImageFamily, TrustPolicySet } from "../../trust-policy.ts";
import { alternativesLoss, exportClauses, keepFirst } from "../clauses.ts";
import {
  ACCEPTED_ANNOTATION,
  type ExchangeContext,
  type ExportedDocument,
  type ExportFormat,
  type LossDraft,
} from "../engine.ts";
import { exportPolicy, lossComments, type Assembly, type Engine, type FamilyPart } from "../export-policy.ts";
import { toSourceDocuments } from "../read-back.ts";
import { referenceLosses, SCOPE_REACH, TAGS_OF_NODES, toScopes, toScopeSigner, type ScopeSigner } from "../scopes.ts";
import { familyLosses } from "../strength.ts";

const NAME = "OpenShift";
/** `fulcioCAData`, `rekorKeyData` and `keyData` of the CRD. */
const DATA_CHARACTERS_MAX = 8192;

type Part = { readonly scopes: readonly string[]; readonly signer: ScopeSigner };

/** OpenShift ClusterImagePolicy: one root of trust for the scopes of a family, checked when a node pulls. */
export const openshiftExport: ExportFormat = {
  id: "openshift",
  export: (policy, accepted, context) => exportPolicy(ENGINE, policy, accepted, context),
};

const ENGINE: Engine<Part> = {
  id: "openshift",
  exportFamily,
  reach: { engine: NAME, tags: TAGS_OF_NODES },
  setLosses: () => [
    {
      field: "default",
      kind: "cluster-setting",
      effect: "images of no scope are admitted unless default of policy.json on the nodes is reject",
      remedy: "Set it by a MachineConfig, or deny them at admission.",
    },
  ],
  assemble,
  readBack: (documents, context) => openshiftImport.import(toSourceDocuments(documents), context),
};

function exportFamily(family: ImageFamily, policy: TrustPolicySet, context: ExchangeContext): FamilyPart<Part> {
  const { scopes, losses } = toScopes(family, policy, false);
  const said = keepFirst(
    exportClauses(family, policy, NAME, (term, authority) => {
      const read = toScopeSigner(term, authority, { context, engine: NAME });
      return read.parts.some((signer) => fits(signer)) ? read : { parts: [], losses: [] };
    }),
    NAME,
  );
  const [signers = []] = said.clauses;
  const [signer] = signers;
  const all = [
    ...familyLosses(family, { ...SCOPE_REACH, engine: NAME }),
    ...referenceLosses(family, NAME),
    ...losses,
    ...said.losses,
    ...(signers.length > 1 ? [alternativesLoss(NAME, "one key or one identity for a scope")] : []),
    ...(signer && signer.rekorKeys.length > 1 ? [logsLoss()] : []),
  ];
  if (scopes.length === 0) {
    const remedy = "List repositories, or end patterns in /**.";
    return {
      losses: [...all, { field: "images", part: "all", kind: "dropped", effect: "no image can be a scope", remedy }],
    };
  }
  return signer ? { part: { scopes, signer }, losses: all } : { losses: all };
}

function logsLoss(): LossDraft {
  return {
    field: "log-logs",
    kind: "narrowed",
    effect: "OpenShift knows one log for a policy: the first",
    remedy: "Name one log.",
  };
}

function fits({ keys, rekorKeys, fulcio }: ScopeSigner): boolean {
  return [...keys, ...rekorKeys, fulcio?.ca ?? ""].every(({ length }) => length <= DATA_CHARACTERS_MAX);
}

function assemble({ policy, kept, accepted, setLosses }: Assembly<Part>): readonly ExportedDocument[] {
  return kept.map(({ family, part, losses }, i): ExportedDocument => {
    const name = `${policy.name}-${family.name}`;
    const metadata = {
      name,
      ...(accepted.length > 0 && { annotations: { [ACCEPTED_ANNOTATION]: accepted.join(",") } }),
    };
    const signedIdentity = { matchPolicy: "MatchRepository" };
    const spec = { scopes: part.scopes, policy: { rootOfTrust: renderRoot(part.signer), signedIdentity } };
    const value = { apiVersion: "config.openshift.io/v1", kind: "ClusterImagePolicy", metadata, spec };
    return { name, syntax: "yaml", value, comments: lossComments([...(i === 0 ? setLosses : []), ...losses]) };
  });
}

function renderRoot({ keys, rekorKeys, fulcio }: ScopeSigner): JsonObject {
  const [rekorKeyData] = rekorKeys;
  const log = rekorKeyData === undefined ? {} : { rekorKeyData };
  if (!fulcio) return { policyType: "PublicKey", publicKey: { keyData: keys[0] ?? "", ...log } };
  const fulcioSubject = { oidcIssuer: fulcio.issuer, signedEmail: fulcio.email };
  return { policyType: "FulcioCAWithRekor", fulcioCAWithRekor: { fulcioCAData: fulcio.ca, ...log, fulcioSubject } };
}
