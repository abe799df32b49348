import type { JsonObject } from "../../../json/json.ts";
import { containersPolicyImport } from "../../imports/containers-policy/import.ts";
import type { ImageFamily, TrustPolicySet } from "../../trust-policy.ts";
import { alternativesLoss, exportClauses } from "../clauses.ts";
import { ACCEPTED_ANNOTATION, type ExchangeContext, type ExportedDocument, type ExportFormat } from "../engine.ts";
import { exportPolicy, lossComments, type Assembly, type Engine, type FamilyPart } from "../export-policy.ts";
import { toSourceDocuments } from "../read-back.ts";
import { referenceLosses, SCOPE_REACH, TAGS_OF_NODES, toScopes, toScopeSigner, type ScopeSigner } from "../scopes.ts";
import { familyLosses } from "../strength.ts";

const NAME = "containers-policy";

type Part = {
  readonly scopes: readonly string[];
  readonly rejected: readonly string[];
  /** All of them hold. */
  readonly signers: readonly ScopeSigner[];
};

/** `policy.json` of Podman, CRI-O and skopeo: scopes with their requirements, everything else rejected. */
export const containersPolicyExport: ExportFormat = {
  id: NAME,
  export: (policy, accepted, context) => exportPolicy(ENGINE, policy, accepted, context),
};

const ENGINE: Engine<Part> = {
  id: NAME,
  exportFamily,
  reach: { engine: NAME, tags: TAGS_OF_NODES },
  setLosses: () => [
    {
      field: "enforcement",
      kind: "cluster-setting",
      effect: "signatures are read only where registries.d says use-sigstore-attachments",
      remedy: "Install the file beside policy.json into /etc/containers/registries.d.",
    },
  ],
  assemble,
  readBack: (documents, context) => containersPolicyImport.import(toSourceDocuments(documents), context),
};

function exportFamily(family: ImageFamily, policy: TrustPolicySet, context: ExchangeContext): FamilyPart<Part> {
  const { scopes, rejected, losses } = toScopes(family, policy, true);
  const said = exportClauses(family, policy, NAME, (term, authority) =>
    toScopeSigner(term, authority, { context, engine: NAME }),
  );
  const merged = said.clauses.map((signers) => mergeSigners(signers));
  const isCut = merged.some(
    (signer, i) => signer.keys.length + (signer.fulcio ? 1 : 0) < (said.clauses[i]?.length ?? 0),
  );
  const all = [
    ...familyLosses(family, { ...SCOPE_REACH, engine: NAME }),
    ...referenceLosses(family, NAME),
    ...losses,
    ...said.losses,
    ...(isCut ? [alternativesLoss(NAME, "keys under one log, or one identity")] : []),
  ];
  if (scopes.length === 0) {
    const remedy = "List repositories, or end patterns in /**.";
    return {
      losses: [...all, { field: "images", part: "all", kind: "dropped", effect: "no image can be a scope", remedy }],
    };
  }
  return said.clauses.length === 0 ? { losses: all } : { part: { scopes, rejected, signers: merged }, losses: all };
}

/** Keys of which any is enough stand in one requirement, if they have the same logs. */
function mergeSigners(signers: readonly ScopeSigner[]): ScopeSigner {
  const [first] = signers;
  if (!first || first.fulcio) return first ?? { keys: [], rekorKeys: [] };
  const same = signers.filter((one) => !one.fulcio && one.rekorKeys.join() === first.rekorKeys.join());
  return { keys: same.flatMap(({ keys }) => keys), rekorKeys: first.rekorKeys };
}

const REJECT: readonly JsonObject[] = [{ type: "reject" }];

function assemble({ policy, kept, refused, accepted, setLosses }: Assembly<Part>): readonly ExportedDocument[] {
  const refusedScopes = refused.flatMap((family) => toScopes(family, policy, true).scopes);
  const rejected = [...refusedScopes, ...kept.flatMap(({ part }) => part.rejected)];
  const admitted = kept.flatMap(({ part }) =>
    part.scopes.map((scope) => [scope, part.signers.map((signer) => renderSigner(signer))] as const),
  );
  // Where two would share a scope, the one that rejects wins.
  const docker = Object.fromEntries([...admitted, ...rejected.map((scope) => [scope, REJECT] as const)]);
  const hosts = [...new Set(admitted.map(([scope]) => scope.split("/")[0] ?? ""))];
  const comments = [
    ...lossComments([...setLosses, ...kept.flatMap(({ losses }) => losses)]),
    ...(accepted.length > 0 ? [`${ACCEPTED_ANNOTATION}: ${accepted.join(",")}`] : []),
  ];
  const attachments = Object.fromEntries(hosts.map((host) => [host, { "use-sigstore-attachments": true }]));
  return [
    { name: "policy", syntax: "json", value: { default: REJECT, transports: { docker } }, comments: [] },
    { name: `${policy.name}-registries`, syntax: "yaml", value: { docker: attachments }, comments },
  ];
}

function renderSigner({ keys, rekorKeys, fulcio }: ScopeSigner): JsonObject {
  const [key, ...others] = keys;
  return {
    type: "sigstoreSigned",
    ...(fulcio && { fulcio: { caData: fulcio.ca, oidcIssuer: fulcio.issuer, subjectEmail: fulcio.email } }),
    ...(key !== undefined && (others.length === 0 ? { keyData: key } : { keyDatas: keys })),
    ...(rekorKeys.length === 1 && { rekorPublicKeyData: rekorKeys[0] ?? "" }),
    ...(rekorKeys.length > 1 && { rekorPublicKeyDatas: rekorKeys }),
    signedIdentity: { type: "matchRepository" },
  };
}
