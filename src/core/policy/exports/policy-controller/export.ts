import { renderPem } from "../../../bytes/pem.ts";
import { isRekor2Only } from "../logs.ts";
import type { JsonObject } from "../../../json/json.ts";
import { lookUp } from "../../look-up.ts";
import { renderRego } from "../../imports/policy-controller/rego.ts";
import { textAt } from "../../imports/members.ts";
import { COSIGN_SIGN } from "../../imports/policy-controller/authority.ts";
import { policyControllerImport } from "../../imports/policy-controller/import.ts";
import type { Term } from "../../cnf.ts";
import type { Authority, ImageFamily, KeyAuthority, SigstoreAuthority } from "../../trust-policy.ts";
import { exportClauses, type TermPart } from "../clauses.ts";
import { renderCosignIdentity } from "../cosign-identity.ts";
import {
  ACCEPTED_ANNOTATION,
  type ExchangeContext,
  type ExportedDocument,
  type ExportFormat,
  type LossDraft,
} from "../engine.ts";
import { exportPolicy, lossComments, type Assembly, type Engine } from "../export-policy.ts";
import { toSourceDocuments } from "../read-back.ts";
import { familyLosses, keyLosses, logsOf, periodLosses, sigstoreLosses, termLosses, type Reach } from "../strength.ts";
import { exceptGlobs, toGlob } from "./globs.ts";
import { renderTrustRoot } from "./trust-root.ts";

const REACH: Reach = { engine: "policy-controller", sct: true, reference: false };

type Part = {
  readonly globs: readonly string[];
  /** Authorities of each clause. */
  readonly clauses: readonly (readonly JsonObject[])[];
  readonly roots: ReadonlyMap<string, JsonObject>;
};

/** sigstore policy-controller: a ClusterImagePolicy for each clause, since those that match an image all hold. */
export const policyControllerExport: ExportFormat = {
  id: "policy-controller",
  export: (policy, accepted, context) => exportPolicy(ENGINE, policy, accepted, context),
};

const ENGINE: Engine<Part> = {
  id: "policy-controller",
  reach: {
    engine: "policy-controller",
    exempt: "Do not give those namespaces the label policy.sigstore.dev/include.",
    tags: {
      effect: "its mutating webhook replaces a tag by its digest; here tags are refused",
      remedy: "Leave its MutatingWebhookConfiguration out: then it refuses tags.",
    },
  },
  exportFamily: (family, policy, context) => {
    const roots = new Map<string, JsonObject>();
    const { clauses, losses } = exportClauses(family, policy, REACH.engine, (term, authority) =>
      toAuthorities(term, authority, { roots, context }),
    );
    const all = [...familyLosses(family, REACH), ...exceptLosses(family), ...losses];
    if (clauses.length === 0) return { losses: all };
    return { part: { globs: family.images.map(toGlob), clauses, roots }, losses: all };
  },
  setLosses: ({ authorities }) => [
    ...(Object.values(authorities).some(({ kind }) => kind === "sigstore") ? [CERTIFICATE_LOSS] : []),
    {
      field: "default",
      kind: "cluster-setting",
      effect: "images of no policy are denied only while no-match-policy of config-policy-controller is absent or deny",
      remedy: "Leave no-match-policy out: the example that is shipped with it says warn.",
    },
    {
      field: "enforcement",
      kind: "cluster-setting",
      effect: "only namespaces with the label policy.sigstore.dev/include=true are looked at, and all of those enforce",
      remedy: "Label the namespaces, and let nobody else do so.",
    },
  ],
  assemble,
  readBack: (documents, context) => policyControllerImport.import(toSourceDocuments(documents), context),
};

/** Found by the drill: a CA that issues none of these is what keeps them out. */
const CERTIFICATE_LOSS: LossDraft = {
  field: "certificate",
  kind: "cluster-setting",
  effect:
    "certificates with several SANs, two issuers, the right to issue others, or a weak key are let in there and refused here",
  remedy: "Let the CAs of the trust domain issue none: Fulcio does not.",
};

function exceptLosses({ except }: ImageFamily): readonly LossDraft[] {
  if (except.length === 0) return [];
  return [
    {
      field: "except",
      kind: "narrowed",
      effect: `what the family excepts (${except.join(", ")}) has to meet it as well, or is denied`,
      remedy: "List the images that the family has, instead of what it has not.",
    },
  ];
}

type Setting = { readonly roots: Map<string, JsonObject>; readonly context: ExchangeContext };

function toAuthorities(term: Term, authority: Authority, setting: Setting): TermPart<JsonObject> {
  if (authority.kind === "notation") return { parts: [], losses: [] };
  const what = toWhat(term);
  const losses = [...termLosses(term, REACH), ...what.losses];
  if (authority.kind === "key") {
    const read = keyParts(term.by, authority, setting);
    return {
      parts: read.parts.flatMap((one) => spread(one, term.by, what)),
      losses: [...losses, ...keyLosses(term.by, authority, REACH), ...read.losses],
    };
  }
  const read = keylessParts(term.by, authority, setting);
  return { parts: read.parts.flatMap((one) => spread(one, term.by, what)), losses: [...losses, ...read.losses] };
}

/** What has to be signed, by format. */
type What = {
  readonly legacy: JsonObject;
  readonly bundle: JsonObject;
  readonly losses: readonly LossDraft[];
};

function toWhat(term: Term): What {
  if (term.op === "signature") {
    const bundle = { attestations: [{ name: "signature", predicateType: COSIGN_SIGN }] };
    return { legacy: {}, bundle, losses: [] };
  }
  const { predicateType, where } = term;
  const rego = where.length === 0 ? undefined : renderRego(where);
  const policy = rego === undefined ? {} : { policy: { type: "rego", data: rego } };
  const attestations = { attestations: [{ name: "statement", predicateType, ...policy }] };
  const isLost = where.length > 0 && rego === undefined;
  const losses: readonly LossDraft[] = isLost ? [whereLoss(term.by)] : [];
  return { legacy: attestations, bundle: attestations, losses };
}

function whereLoss(part: string): LossDraft {
  return {
    field: "where",
    part,
    kind: "dropped",
    effect:
      "a condition with *, with every, on a time, on a place of a list or outside the predicate is not written: none of them is checked",
    remedy: "Write conditions on single fields of the predicate.",
  };
}

type Signer = { readonly format: "bundle" | "legacy"; readonly value: JsonObject };

function spread({ format, value }: Signer, by: string, what: What): readonly JsonObject[] {
  return [
    { name: `${by}-${format}`, ...(format === "bundle" && { signatureFormat: "bundle" }), ...value, ...what[format] },
  ];
}

function keyParts(name: string, { publicKey, formats, log }: KeyAuthority, setting: Setting): SignerParts {
  const ref = log && rootRef(name, log.root, log.logs, setting);
  if (log && !ref) return { parts: [], losses: [] };
  const value = { key: { data: renderPem("PUBLIC KEY", publicKey) }, ...(ref && { ctlog: ref.ctlog }) };
  const losses = [...(ref?.losses ?? []), ...(formats.includes("bundle") ? [keyBundleLoss(name)] : [])];
  return { parts: formats.includes("legacy") ? [{ format: "legacy", value }] : [], losses };
}

type SignerParts = { readonly parts: readonly Signer[]; readonly losses: readonly LossDraft[] };

function keylessParts(name: string, authority: SigstoreAuthority, setting: Setting): SignerParts {
  const domain = lookUp(setting.context.domains, authority.root);
  const ref = rootRef(name, authority.root, authority.log.logs, setting);
  if (!domain || !ref) return { parts: [], losses: [] };
  const isOwnBundle = ref.trustRootRef !== undefined && authority.formats.includes("bundle");
  const losses = [...sigstoreLosses(name, authority, REACH), ...ref.losses, ...(isOwnBundle ? [bundleLoss(name)] : [])];
  const keyless = (identities: readonly JsonObject[]): JsonObject => ({
    keyless: {
      url: ref.fulcioUrl,
      ...(ref.trustRootRef !== undefined && { trustRootRef: ref.trustRootRef }),
      identities,
      ...(authority.sct.kind === "absent" && { insecureIgnoreSCT: true }),
    },
    ctlog: ref.ctlog,
  });
  const identities = authority.identities.map((identity) => renderCosignIdentity(identity));
  const parts = authority.formats.flatMap((format): readonly Signer[] =>
    // cosign refuses several identities where the evidence is a bundle.
    format === "legacy"
      ? [{ format, value: keyless(identities) }]
      : identities.map((identity) => ({ format, value: keyless([identity]) })),
  );
  return isRekor2Only(domain, authority.log) ? { parts: [], losses: [] } : { parts, losses };
}

type RootRef = {
  readonly trustRootRef?: string;
  readonly fulcioUrl: string;
  readonly ctlog: JsonObject;
  readonly losses: readonly LossDraft[];
};

/**
 * A trust domain of our own goes along as a TrustRoot, with the logs that are named and no others. One log of Rekor v2 in
 * it and nobody is let in: its reader knows no key but ECDSA.
 */
function rootRef(
  name: string,
  root: string,
  names: readonly string[],
  { roots, context }: Setting,
): RootRef | undefined {
  const domain = lookUp(context.domains, root);
  const logs = domain && logsOf(domain, { logs: names }).filter(({ type }) => type === "rekor1");
  const [first] = logs ?? [];
  if (!domain || !logs || !first) return undefined;
  if (domain.isPublic) {
    const isPart = names.length > 0;
    return {
      fulcioUrl: "https://fulcio.sigstore.dev",
      ctlog: { url: "https://rekor.sigstore.dev" },
      losses: isPart ? [logsLoss(name)] : [],
    };
  }
  const ref = names.length === 0 ? root : `${root}-${names.toSorted().join("-")}`;
  roots.set(ref, renderTrustRoot(ref, domain, logs));
  const fulcioUrl = domain.certificateAuthorities[0]?.uri ?? "";
  const isTiled = logs.length < logsOf(domain, { logs: names }).length;
  const losses = [...(isTiled ? [tiledLoss(name)] : []), ...periodLosses(name, domain, { logs: names }, REACH)];
  return { trustRootRef: ref, fulcioUrl, ctlog: { url: first.baseUrl, trustRootRef: ref }, losses };
}

/** policy-controller `checkOptsFromAuthority`. */
function keyBundleLoss(part: string): LossDraft {
  return {
    field: "formats",
    part,
    kind: "narrowed",
    effect: "policy-controller reads no bundle that was signed with a key",
    remedy: "Sign in the legacy form as well.",
  };
}

/** policy-controller `ConvertTransparencyLogInstance`, which names logs by the hexadecimal text of their id. */
function bundleLoss(part: string): LossDraft {
  return {
    field: "formats",
    part,
    kind: "cluster-setting",
    effect:
      "releases up to 0.13.1 find the log of no bundle under a TrustRoot that is written as keys, and refuse bundles",
    remedy: "Sign in the legacy form as well, or give the TrustRoot of that name as a TUF repository.",
  };
}

function tiledLoss(part: string): LossDraft {
  return {
    field: "log-logs",
    part: `${part}-rekor2`,
    kind: "narrowed",
    effect: "policy-controller reads no entry of a Rekor v2 log: those logs are left out of the TrustRoot",
    remedy: "Sign with an entry in Rekor v1.",
  };
}

function logsLoss(part: string): LossDraft {
  return {
    field: "log-logs",
    part,
    kind: "widened",
    effect: "the engine takes an entry in any log of the public good instance",
    remedy: "Name no logs, or accept this loss.",
  };
}

function assemble({ policy, kept, accepted, context }: Assembly<Part>): readonly ExportedDocument[] {
  const roots = new Map(kept.flatMap(({ part }) => [...part.roots]));
  const metadata = (name: string): JsonObject => ({
    name,
    ...(accepted.length > 0 && { annotations: { [ACCEPTED_ANNOTATION]: accepted.join(",") } }),
  });
  const policies = kept.flatMap(({ family, part, losses }) =>
    part.clauses.map((authorities, i): ExportedDocument => {
      const name = `${policy.name}-${family.name}-${i + 1}`;
      const spec = {
        mode: "enforce",
        images: part.globs.map((glob) => ({ glob })),
        authorities: numbered(authorities),
      };
      return toDocument(name, metadata(name), spec, i === 0 ? lossComments(losses) : []);
    }),
  );
  const denied = exceptGlobs(
    kept.map(({ family }) => family),
    context,
  );
  const name = `${policy.name}-excepted`;
  const spec = {
    mode: "enforce",
    images: denied.map((glob) => ({ glob })),
    authorities: [{ name: "nobody", static: { action: "fail", message: "no family of the policy has this image" } }],
  };
  return [
    ...[...roots].map(([root, value]): ExportedDocument => ({ name: root, syntax: "yaml", value, comments: [] })),
    ...policies,
    ...(denied.length > 0 ? [toDocument(name, metadata(name), spec, [])] : []),
  ];
}

/** Names of authorities are told apart by their place. */
function numbered(authorities: readonly JsonObject[]): readonly JsonObject[] {
  return authorities.map((authority, i) => ({ ...authority, name: `${textAt(authority, "name") ?? ""}-${i + 1}` }));
}

function toDocument(
  name: string,
  metadata: JsonObject,
  spec: JsonObject,
  comments: readonly string[],
): ExportedDocument {
  const value = { apiVersion: "policy.sigstore.dev/v1beta1", kind: "ClusterImagePolicy", metadata, spec };
  return { name, syntax: "yaml", value, comments };
}
