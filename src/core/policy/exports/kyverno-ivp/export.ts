import { renderPem } from "../../../bytes/pem.ts";
import type { JsonObject } from "../../../json/json.ts";
import { NOBODY } from "../../imports/kyverno/import.ts";
import { kyvernoIvpImport } from "../../imports/kyverno-ivp/import.ts";
import {
  NO_IMAGES,
  renderCount,
  renderImageTest,
  renderNoneOf,
  type CountCall,
} from "../../imports/kyverno-ivp/cel.ts";
import { lookUp } from "../../look-up.ts";
import type { Term } from "../../cnf.ts";
import type {
  Authority,
  ImageFamily,
  KeyAuthority,
  LogRule,
  SigstoreAuthority,
  TrustPolicySet,
} from "../../trust-policy.ts";
import { exportClauses, type TermPart } from "../clauses.ts";
import { renderCosignIdentity } from "../cosign-identity.ts";
import {
  ACCEPTED_ANNOTATION,
  type ExchangeContext,
  type ExportedDocument,
  type ExportFormat,
  type LossDraft,
} from "../engine.ts";
import { exportPolicy, lossComments, type Assembly, type Engine, type FamilyPart } from "../export-policy.ts";
import { ENFORCEMENT_LOSS, SET_REACH } from "../kyverno/export.ts";
import { toSourceDocuments } from "../read-back.ts";
import { familyLosses, keyLosses, logsOf, periodLosses, sigstoreLosses, termLosses, type Reach } from "../strength.ts";

const REACH: Reach = { engine: "Kyverno", sct: true, reference: false };

type Part = {
  /** By name. */
  readonly attestors: ReadonlyMap<string, JsonObject>;
  readonly attestations: ReadonlyMap<string, string>;
  readonly clauses: readonly (readonly CountCall[])[];
};

/** Kyverno ImageValidatingPolicy: one for each family, its clauses as CEL, and one that lets nothing else in. */
export const kyvernoIvpExport: ExportFormat = {
  id: "kyverno-ivp",
  export: (policy, accepted, context) => exportPolicy(ENGINE, policy, accepted, context),
};

const ENGINE: Engine<Part> = {
  id: "kyverno-ivp",
  exportFamily,
  reach: SET_REACH,
  setLosses: () => [ENFORCEMENT_LOSS],
  assemble,
  readBack: (documents, context) => kyvernoIvpImport.import(toSourceDocuments(documents), context),
};

type Ask = {
  readonly attestors: ReadonlyMap<string, JsonObject>;
  /** Absent for a signature. */
  readonly predicateType?: string;
};

function exportFamily(family: ImageFamily, policy: TrustPolicySet, context: ExchangeContext): FamilyPart<Part> {
  const { clauses, losses } = exportClauses(family, policy, REACH.engine, (term, authority) =>
    toAsk(term, authority, context),
  );
  const isHub = family.images.some((pattern) => pattern.startsWith("docker.io/"));
  const all = [...familyLosses(family, REACH), ...(isHub ? [hubLoss()] : []), ...losses];
  if (clauses.length === 0) return { losses: all };
  const types = [...new Set(clauses.flatMap((asks) => asks.flatMap(({ predicateType }) => predicateType ?? [])))];
  const names = new Map(types.map((type, i) => [type, `statement${i + 1}`]));
  return {
    part: {
      attestors: new Map(clauses.flatMap((asks) => asks.flatMap(({ attestors }) => [...attestors]))),
      attestations: new Map([...names].map(([type, name]) => [name, type])),
      clauses: clauses.map((asks) => asks.map((ask) => toCall(ask, names))),
    },
    losses: all,
  };
}

function hubLoss(): LossDraft {
  return {
    field: "images",
    kind: "narrowed",
    effect: "images of Docker Hub have to be written in full in the Pod, as docker.io/library/…",
    remedy: "Write images in full.",
  };
}

function toCall({ attestors, predicateType }: Ask, names: ReadonlyMap<string, string>): CountCall {
  const signers = [...attestors.keys()];
  if (predicateType === undefined) return { kind: "signatures", attestors: signers };
  return { kind: "attestations", attestation: names.get(predicateType) ?? "", attestors: signers };
}

function toAsk(term: Term, authority: Authority, context: ExchangeContext): TermPart<Ask> {
  const signers = toAttestors(term.by, authority, context);
  if (!signers) return { parts: [], losses: [] };
  const losses = [...termLosses(term, REACH), ...signers.losses];
  if (term.op === "signature") {
    return { parts: [{ attestors: signers.attestors }], losses: [...losses, anyStatement(term.by)] };
  }
  const isLost = term.where.length > 0;
  return {
    parts: [{ attestors: signers.attestors, predicateType: term.predicateType }],
    losses: [...losses, ...(isLost ? [whereLoss(term.by)] : [])],
  };
}

function anyStatement(part: string): LossDraft {
  return {
    field: "signature",
    part,
    kind: "widened",
    effect: "any bundle of the signer counts as a signature, an SBOM too",
    remedy: "Use Kyverno ClusterPolicy, or let the authority sign nothing but images.",
  };
}

function whereLoss(part: string): LossDraft {
  return {
    field: "where",
    part,
    kind: "dropped",
    effect:
      "conditions are not written: the payload of one statement is all that CEL sees, and it is not said of which",
    remedy: "Use Kyverno ClusterPolicy or policy-controller for this family.",
  };
}

type Attestors = { readonly attestors: ReadonlyMap<string, JsonObject>; readonly losses: readonly LossDraft[] };

function toAttestors(name: string, authority: Authority, context: ExchangeContext): Attestors | undefined {
  switch (authority.kind) {
    case "key":
      return keyAttestor(name, authority, context);
    case "sigstore":
      return keylessAttestors(name, authority, context);
    case "notation":
      return undefined;
    default:
      return authority satisfies never;
  }
}

function keyAttestor(name: string, key: KeyAuthority, context: ExchangeContext): Attestors | undefined {
  const log = key.log
    ? toCtlog(name, key.log, key.log.root, context)
    : { ctlog: { insecureIgnoreTlog: true }, losses: [] };
  if (!log) return undefined;
  const cosign = { key: { data: renderPem("PUBLIC KEY", key.publicKey) }, ctlog: log.ctlog };
  const losses = [...keyLosses(name, key, REACH), ...log.losses, ...formatLosses(name, key)];
  return { attestors: new Map([[name, { name, cosign }]]), losses };
}

/** One attestor for each identity. */
function keylessAttestors(name: string, authority: SigstoreAuthority, context: ExchangeContext): Attestors | undefined {
  const domain = lookUp(context.domains, authority.root);
  const log = toCtlog(name, authority.log, authority.root, context);
  if (!domain || !log) return undefined;
  const roots = domain.certificateAuthorities.flatMap(({ chain }) => chain.map((der) => renderPem("CERTIFICATE", der)));
  const [ct] = domain.ctlogs;
  const ctlog = { ...log.ctlog, ...(!domain.isPublic && ct && { ctLogPubKey: renderPem("PUBLIC KEY", ct.key) }) };
  const attestors = authority.identities.map((identity, i) => {
    const keyless = {
      identities: [renderCosignIdentity(identity)],
      ...(!domain.isPublic && { roots: roots.join("") }),
    };
    const attestor = `${name}-${i + 1}`;
    return [attestor, { name: attestor, cosign: { keyless, ctlog } }] as const;
  });
  const losses = [...sigstoreLosses(name, authority, REACH), ...log.losses, ...formatLosses(name, authority)];
  if (authority.sct.kind === "absent") losses.push(sctLoss(name));
  return { attestors: new Map(attestors), losses };
}

function formatLosses(part: string, { formats }: Pick<SigstoreAuthority, "formats">): readonly LossDraft[] {
  if (formats.length > 1) return [];
  return [
    {
      field: "formats",
      part,
      kind: "widened",
      effect: "legacy signatures and bundles both count",
      remedy: "Let the authority have both formats.",
    },
  ];
}

function sctLoss(part: string): LossDraft {
  return {
    field: "sct",
    part,
    kind: "narrowed",
    effect: "an SCT is required: to ignore it would also let in what is in no log",
    remedy: "Run a CT log, or use Kyverno ClusterPolicy.",
  };
}

type Ctlog = { readonly ctlog: JsonObject; readonly losses: readonly LossDraft[] };

function toCtlog(name: string, rule: LogRule, root: string, { domains }: ExchangeContext): Ctlog | undefined {
  const domain = lookUp(domains, root);
  const [log, ...others] = domain ? logsOf(domain, rule).filter(({ type }) => type === "rekor1") : [];
  if (!domain || !log) return undefined;
  const logsLoss = (kind: LossDraft["kind"], effect: string): LossDraft => ({
    field: "log-logs",
    part: name,
    kind,
    effect,
    remedy: "Name the logs that the engine knows.",
  });
  if (domain.isPublic) {
    const effect = "Kyverno takes an entry in any log of the public good instance";
    return {
      ctlog: { url: "https://rekor.sigstore.dev" },
      losses: rule.logs.length > 0 ? [logsLoss("widened", effect)] : [],
    };
  }
  const ctlog = { url: log.baseUrl, rekorPubKey: renderPem("PUBLIC KEY", log.key) };
  return {
    ctlog,
    losses: [
      ...(others.length > 0 ? [logsLoss("narrowed", `Kyverno knows one log for an attestor: ${log.name}`)] : []),
      ...periodLosses(name, domain, rule, REACH),
    ],
  };
}

function assemble({ policy, kept, accepted, setLosses }: Assembly<Part>): readonly ExportedDocument[] {
  const setting: Setting = { policy, accepted };
  const families = kept.map(({ family, part, losses }) =>
    toDocument(`${policy.name}-${family.name}`, setting, {
      comments: lossComments(losses),
      matchImageReferences: [{ expression: renderImageTest(family) }],
      attestors: [...part.attestors.values()],
      ...(part.attestations.size > 0 && {
        attestations: [...part.attestations].map(([name, type]) => ({ name, intoto: { type } })),
      }),
      validations: part.clauses.map((calls, i) => ({
        expression: renderCount(calls),
        message: `an image of family ${family.name} does not meet clause ${i + 1} of the trust policy`,
      })),
    }),
  );
  const rest = toDocument(`${policy.name}-nothing-else`, setting, {
    comments: lossComments(setLosses),
    matchImageReferences: [{ expression: renderNoneOf(kept.map(({ family }) => family)) }],
    attestors: [
      {
        name: "nobody",
        cosign: { keyless: { identities: [{ issuer: NOBODY, subject: NOBODY }] } },
      },
    ],
    validations: [{ expression: NO_IMAGES, message: "no family of the trust policy has this image" }],
  });
  return [...families, rest];
}

type Setting = { readonly policy: TrustPolicySet; readonly accepted: readonly string[] };

function toDocument(
  name: string,
  { policy, accepted }: Setting,
  { comments, ...spec }: JsonObject & { readonly comments: readonly string[] },
): ExportedDocument {
  const value = {
    apiVersion: "policies.kyverno.io/v1beta1",
    kind: "ImageValidatingPolicy",
    metadata: { name, ...(accepted.length > 0 && { annotations: { [ACCEPTED_ANNOTATION]: accepted.join(",") } }) },
    spec: {
      failurePolicy: "Fail",
      validationActions: ["Deny"],
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["pods", "pods/ephemeralcontainers"],
          },
        ],
      },
      validationConfigurations: { mutateDigest: policy.pin === "mutate", verifyDigest: true, required: true },
      ...spec,
    },
  };
  return { name, syntax: "yaml", value, comments };
}
