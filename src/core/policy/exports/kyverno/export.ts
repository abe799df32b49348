import type { JsonObject } from "../../../json/json.ts";
import { renderConditions } from "../../imports/kyverno/conditions.ts";
import { kyvernoImport, NOBODY } from "../../imports/kyverno/import.ts";
import { COSIGN_SIGN } from "../../imports/policy-controller/authority.ts";
import type { Term } from "../../cnf.ts";
import type { Authority, ImageFamily, TrustPolicySet } from "../../trust-policy.ts";
import { exportClauses, type TermPart } from "../clauses.ts";
import {
  ACCEPTED_ANNOTATION,
  type ExchangeContext,
  type ExportedDocument,
  type ExportFormat,
  type LossDraft,
} from "../engine.ts";
import { exportPolicy, lossComments, type Assembly, type Engine, type FamilyPart } from "../export-policy.ts";
import { toSourceDocuments } from "../read-back.ts";
import type { SetReach } from "../set-losses.ts";
import { familyLosses, termLosses, type Reach } from "../strength.ts";
import { toSigners, type KyvernoType } from "./attestor.ts";
import { canExcept, toKyvernoImages, type KyvernoImages } from "./images.ts";

const REACH: Reach = { engine: "Kyverno", sct: true, reference: false };

/** Signers of one kind of evidence, which one entry of `verifyImages` can ask for. */
type Ask = {
  readonly type: KyvernoType;
  readonly what: "signature" | { readonly predicateType: string; readonly conditions: readonly JsonObject[] };
  readonly entries: readonly JsonObject[];
};
type Part = { readonly images: KyvernoImages; readonly clauses: readonly Ask[] };

/** Kyverno ClusterPolicy: a rule for each family, an entry for each clause, and entries that let nobody else in. */
export const kyvernoExport: ExportFormat = {
  id: "kyverno",
  export: (policy, accepted, context) => exportPolicy(ENGINE, policy, accepted, context),
};

/** Of every kind of Kyverno's policies: one webhook serves them. */
export const ENFORCEMENT_LOSS: LossDraft = {
  field: "enforcement",
  kind: "cluster-setting",
  effect: "all namespaces enforce that the webhook of Kyverno looks at; image volumes are not looked at",
  remedy: "Leave namespaces and resourceFilters of ConfigMap kyverno as they are for those that run images.",
};

export const SET_REACH: SetReach = {
  engine: "Kyverno",
  exempt: "Leave those namespaces out by the namespaceSelector of Kyverno's webhooks.",
};

const ENGINE: Engine<Part> = {
  id: "kyverno",
  exportFamily,
  reach: SET_REACH,
  setLosses: () => [ENFORCEMENT_LOSS],
  assemble,
  readBack: (documents, context) => kyvernoImport.import(toSourceDocuments(documents), context),
};

function exportFamily(family: ImageFamily, policy: TrustPolicySet, context: ExchangeContext): FamilyPart<Part> {
  const images = toKyvernoImages(family);
  const { clauses, losses } = exportClauses(family, policy, REACH.engine, (term, authority) =>
    toAsk(term, authority, context),
  );
  const merged = clauses.map((asks) => mergeAsks(asks));
  const all = [...familyLosses(family, REACH), ...images.losses, ...losses, ...merged.flatMap((one) => one.losses)];
  const isSaid = images.references.length > 0 && canExcept(family);
  if (!isSaid) return { losses: [...all, unsaid(family)] };
  if (merged.length === 0) return { losses: all };
  return { part: { images, clauses: merged.map(({ ask }) => ask) }, losses: all };
}

function unsaid({ images, except }: ImageFamily): LossDraft {
  return {
    field: "images",
    part: "all",
    kind: "dropped",
    effect: `${[...images, ...except].join(", ")} cannot be written: the images are denied`,
    remedy: "Name repositories, or end patterns in /**.",
  };
}

function toAsk(term: Term, authority: Authority, context: ExchangeContext): TermPart<Ask> {
  const signers = toSigners(term.by, authority, context);
  if (!signers) return { parts: [], losses: [] };
  const { type, entries } = signers;
  const losses = [...termLosses(term, REACH), ...signers.losses];
  if (term.op === "signature") {
    const what = type === "Cosign" ? ("signature" as const) : { predicateType: COSIGN_SIGN, conditions: [] };
    return { parts: [{ type, what, entries }], losses };
  }
  const { predicateType, where, by } = term;
  const conditions = where.length === 0 ? [] : renderConditions(where);
  return {
    parts: [{ type, what: { predicateType, conditions: conditions ?? [] }, entries }],
    losses: [...losses, ...(where.length > 0 ? [whereLoss(by, conditions !== undefined)] : [])],
  };
}

function whereLoss(part: string, isWritten: boolean): LossDraft {
  const remedy = "Write conditions on single texts of the predicate.";
  return isWritten
    ? {
        field: "where",
        part: `${part}-every`,
        kind: "narrowed",
        effect: "every statement of the type has to meet the conditions, not one",
        remedy,
      }
    : {
        field: "where",
        part,
        kind: "dropped",
        effect: "a condition that is not on single texts is not written: none of them is checked",
        remedy,
      };
}

/** Alternatives of one kind are entries of one attestor; those of another kind cannot be said beside them. */
function mergeAsks(asks: readonly Ask[]): { readonly ask: Ask; readonly losses: readonly LossDraft[] } {
  const [first] = asks;
  const kindOf = ({ type, what }: Ask): string => JSON.stringify([type, what]);
  const same = asks.filter((one) => first && kindOf(one) === kindOf(first));
  const ask: Ask = { type: "Cosign", what: "signature", ...first, entries: same.flatMap(({ entries }) => entries) };
  if (same.length === asks.length) return { ask, losses: [] };
  const loss: LossDraft = {
    field: "require",
    part: "alternatives",
    kind: "narrowed",
    effect: "alternatives of different kinds cannot be said in one entry: the first kind is required",
    remedy: "Ask for one kind of evidence.",
  };
  return { ask, losses: [loss] };
}

function assemble({ policy, kept, accepted, setLosses }: Assembly<Part>): readonly ExportedDocument[] {
  const setting = {
    mutateDigest: policy.pin === "mutate",
    verifyDigest: true,
    required: true,
    failureAction: "Enforce",
  };
  const rules = kept.map(({ family, part }) => ({
    name: family.name,
    match: PODS,
    verifyImages: part.clauses.map((ask) => ({
      ...setting,
      ...renderAsk(ask),
      ...renderImages(part.images.references, part.images.skip),
    })),
  }));
  const denials = kept.flatMap(({ part }) => {
    const others = kept.filter((other) => other.part !== part).flatMap((other) => other.part.images.references);
    return part.images.denied.length > 0 ? [renderImages(part.images.denied, others)] : [];
  });
  const rest = renderImages(
    ["*"],
    kept.flatMap(({ part }) => part.images.references),
  );
  const nobody = {
    ...setting,
    mutateDigest: false,
    type: "Cosign",
    attestors: [{ count: 1, entries: [NOBODY_ENTRY] }],
  };
  const value = {
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: {
      name: policy.name,
      ...(accepted.length > 0 && { annotations: { [ACCEPTED_ANNOTATION]: accepted.join(",") } }),
    },
    spec: {
      background: false,
      webhookConfiguration: { failurePolicy: "Fail", timeoutSeconds: 30 },
      rules: [
        ...rules,
        {
          name: "nothing-else",
          match: PODS,
          verifyImages: [...denials, rest].map((images) => ({ ...nobody, ...images })),
        },
      ],
    },
  };
  const comments = lossComments([...setLosses, ...kept.flatMap(({ losses }) => losses)]);
  return [{ name: policy.name, syntax: "yaml", value, comments }];
}

const PODS: JsonObject = { any: [{ resources: { kinds: ["Pod"] } }] };
const NOBODY_ENTRY: JsonObject = {
  keyless: { issuer: NOBODY, subject: NOBODY, rekor: { url: "https://rekor.sigstore.dev" } },
};

function renderImages(references: readonly string[], skip: readonly string[]): JsonObject {
  return { imageReferences: references, ...(skip.length > 0 && { skipImageReferences: skip }) };
}

function renderAsk({ type, what, entries }: Ask): JsonObject {
  const attestors = [{ count: 1, entries }];
  if (what === "signature") return { type, attestors };
  const { predicateType, conditions } = what;
  return { type, attestations: [{ type: predicateType, attestors, ...(conditions.length > 0 && { conditions }) }] };
}
