import { API_VERSION } from "../../names.ts";
import { quote } from "../../json/fields.ts";
import type { PolicyProblem, SourceDocument } from "../problem.ts";
import type { BreakGlass, DenyRule, Placement, Requirement, TrustException, TrustPolicySet } from "../trust-policy.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { readAuthority } from "./authority.ts";
import { readBreakGlass } from "./break-glass.ts";
import type { PolicyContext } from "./context.ts";
import { readDenyRule } from "./deny-rule.ts";
import { readEnforcement, readUnmatched } from "./enforcement.ts";
import { readTrustException } from "./exception.ts";
import { readFamily } from "./family.ts";
import { fieldOf, type Field } from "./field.ts";
import { judgeSet, type ReadParts } from "./judge-set.ts";
import { readPlacement } from "./placement.ts";
import { choiceOf, listOf, nameOf, wholeOf } from "./scalars.ts";

const KINDS = ["TrustPolicy", "TrustException", "BreakGlass", "Placement", "DenyRule"] as const;
/** Documents that may lie beside a policy and have readers of their own. */
const OTHER_KINDS: readonly string[] = ["GateWaiver", "IdentityRegister"];
const FAMILIES_MAX = 1000;

/** A policy set as it is judged by. */
export type PolicyDocuments = {
  readonly policy: TrustPolicySet;
  readonly exceptions: readonly TrustException[];
  readonly breakGlass: readonly BreakGlass[];
  readonly placements: readonly Placement[];
  readonly denyRules: readonly DenyRule[];
};

export type PolicySetReading = {
  /** Absent when there is an error: a policy read half is a policy loosened. */
  readonly documents?: PolicyDocuments;
  /** By file, line and column. */
  readonly problems: readonly PolicyProblem[];
  /** Rules that were not judged, for want of knowledge. */
  readonly unchecked: readonly string[];
};

/**
 * Reads the documents of a policy set: strict, complete, every problem of it with its place (trust-policy chapter §1).
 * Several TrustPolicy documents are merged by union of families and authorities.
 */
export function readPolicySet(documents: readonly SourceDocument[], context: PolicyContext): PolicySetReading {
  const problems: PolicyProblem[] = [];
  const heads = documents.map((document) => readHead(fieldOf(document, problems)));
  refuseTwice(
    heads.map(({ kind, name, root }) => ({ what: `${kind} ${name}`, field: root.at("metadata").at("name") })),
  );
  const policies = heads
    .filter(({ kind }) => kind === "TrustPolicy")
    .map(({ name, root }) => ({ name, spec: root.at("spec") }));
  const { policy, parts } = readPolicies(policies, context);
  const others = heads.map((head) => readOther(head, context));
  const exceptions = others.flatMap(({ exception }) => exception ?? []);
  const placements = others.flatMap(({ placement }) => placement ?? []);
  judgeSet({ ...parts, exceptions, rules: placements.flatMap(({ placed }) => placed) }, policy, context);
  const isWhole = problems.every(({ level }) => level !== "error");
  const read: PolicyDocuments = {
    policy,
    exceptions: exceptions.map(({ exception }) => exception),
    breakGlass: others.flatMap(({ breakGlass }) => breakGlass ?? []),
    placements: placements.map(({ placement }) => placement),
    denyRules: others.flatMap(({ denyRule }) => denyRule ?? []),
  };
  return { ...(isWhole && { documents: read }), problems: problems.toSorted(byPlace), unchecked: uncheckedOf(context) };
}

/**
 * Reads a register of deny rules, which lies beside a policy and not in it: it has to act while the policy cannot be read.
 * Rules are absent when there is a problem.
 */
export function readDenyRegister(documents: readonly SourceDocument[]): {
  readonly rules?: readonly DenyRule[];
  readonly problems: readonly PolicyProblem[];
} {
  const problems: PolicyProblem[] = [];
  const heads = documents.map((document) => readHead(fieldOf(document, problems)));
  refuseTwice(heads.map(({ name, root }) => ({ what: `DenyRule ${name}`, field: root.at("metadata").at("name") })));
  const rules = heads.flatMap(({ kind, name, root }) => {
    if (kind === "DenyRule") return [readDenyRule(root.at("spec"), name)];
    if (kind !== "") root.at("kind").problem("TP005", `kind ${kind} is not read in a register of deny rules`);
    return [];
  });
  return { ...(problems.length === 0 && { rules }), problems: problems.toSorted(byPlace) };
}

type Head = { readonly kind: string; readonly name: string; readonly root: Field };

function readHead(root: Field): Head {
  if (root.value === null || typeof root.value !== "object" || Array.isArray(root.value)) {
    root.problem("TP004", "the document is not an object");
    return { kind: "", name: "", root };
  }
  const { value: version } = root.at("apiVersion");
  const { value: kind } = root.at("kind");
  if (version !== API_VERSION)
    root.at("apiVersion").problem("TP005", `apiVersion ${shown(version)} is not supported`, `Write ${API_VERSION}.`);
  const isKnown = typeof kind === "string" && [...KINDS, ...OTHER_KINDS].includes(kind);
  if (!isKnown) root.at("kind").problem("TP005", `kind ${shown(kind)} is not read here`, `One of ${KINDS.join(", ")}.`);
  const isOurs = isKnown && !OTHER_KINDS.includes(kind);
  if (version !== API_VERSION || !isOurs) return { kind: isKnown ? kind : "", name: "", root };
  root.only("apiVersion", "kind", "metadata", "spec");
  const metadata = root.at("metadata").only("name", "namespace", "annotations", "labels", "creationTimestamp");
  if (!root.at("spec").present) root.at("spec").problem("TP004", "spec is missing");
  return { kind, name: nameOf(metadata.at("name")), root };
}

function shown(value: unknown): string {
  return typeof value === "string" ? quote(value) : "that is missing or no text";
}

/** Names that are there twice (TP006). */
function refuseTwice(named: readonly { readonly what: string; readonly field: Field }[]): void {
  const first = new Map<string, Field>();
  for (const { what, field } of named) {
    const earlier = first.get(what);
    if (!earlier) first.set(what, field);
    else if (!what.endsWith(" ")) field.problem("TP006", `${what} is defined twice (${earlier.place})`);
  }
}

type NamedSpec = { readonly name: string; readonly spec: Field };
const SINGLE = ["revision", "default", "pin", "enforcement", "limits"] as const;

function readPolicies(
  policies: readonly NamedSpec[],
  context: PolicyContext,
): { readonly policy: TrustPolicySet; readonly parts: Pick<ReadParts, "families" | "authorities" | "branchings"> } {
  for (const { spec } of policies) spec.only(...SINGLE, "authorities", "families");
  const authorities = policies.flatMap(({ spec }) => readAuthorities(spec.at("authorities"), context));
  const byName = Object.fromEntries(authorities.map(({ name, authority }) => [name, authority]));
  const branchings: { readonly require: Requirement; readonly field: Field }[] = [];
  const families = policies.flatMap(({ spec }) =>
    listOf(spec.at("families"), FAMILIES_MAX).map((item) =>
      readFamily(item, { context, authorities: byName, branchings }),
    ),
  );
  refuseTwice([
    ...authorities.map(({ name, field }) => ({ what: `authority ${name}`, field })),
    ...families.map(({ family, field }) => ({ what: `family ${family.name}`, field: field.at("name") })),
  ]);
  for (const { spec } of policies) {
    for (const member of ["authorities", "families"]) {
      if (policies.length === 1 && spec.present && !spec.at(member).present)
        spec.problem("TP004", `spec.${member} is missing`);
    }
  }
  const settings = readSettings(policies, context);
  const policy: TrustPolicySet = { ...settings, families: families.map(({ family }) => family), authorities: byName };
  return { policy, parts: { families, authorities, branchings } };
}

function readAuthorities(field: Field, context: PolicyContext): ReadParts["authorities"] {
  return field.members().map(([name, authority]) => {
    if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      authority.problem("TP007", `${quote(name)} is not a name`, "Lower-case letters, digits and -; at most 63.");
    }
    return { name, authority: readAuthority(authority, context), field: authority };
  });
}

/** What only one of the documents may say: two that differ could not be merged. */
function readSettings(
  policies: readonly NamedSpec[],
  context: PolicyContext,
): Omit<TrustPolicySet, "families" | "authorities"> {
  refuseTwice(
    policies.flatMap(({ spec }) =>
      SINGLE.filter((member) => spec.at(member).present).map((member) => ({
        what: `spec.${member}`,
        field: spec.at(member),
      })),
    ),
  );
  const holder = (member: string): Field | undefined =>
    policies.find(({ spec }) => spec.at(member).present)?.spec.at(member);
  const nowhere = fieldOf({ file: "", value: {}, places: new Map() }, []);
  const revision = readRevision(holder("revision") ?? nowhere.at("revision"), context);
  const named =
    policies.find(({ spec }) => spec.at("revision").present) ??
    policies.toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
  return {
    name: named?.name ?? "",
    ...(revision !== undefined && { revision }),
    unmatched: readUnmatched(holder("default") ?? nowhere.at("default"), context),
    pin: choiceOf(holder("pin") ?? nowhere.at("pin"), ["mutate", "require"]),
    enforcement: readEnforcement(holder("enforcement") ?? nowhere.at("enforcement"), context),
    limits: readLimits(holder("limits") ?? nowhere.at("limits")),
  };
}

function readRevision(field: Field, { runningRevision }: PolicyContext): number | undefined {
  const revision = wholeOf(field, { min: 1, max: Number.MAX_SAFE_INTEGER });
  if (revision !== undefined && runningRevision !== undefined && revision < runningRevision) {
    field.problem("TP008", `revision ${revision} < ${runningRevision}, which was in force`);
  }
  return revision;
}

/** Limits may be lowered only (§3.4). */
function readLimits(field: Field): TrustPolicySet["limits"] {
  const pairs = field
    .only(...Object.keys(DEFAULT_LIMITS))
    .members()
    .flatMap(([name, value]) => {
      const most = Object.hasOwn(DEFAULT_LIMITS, name) ? DEFAULT_LIMITS[name] : undefined;
      const count = most === undefined ? undefined : wholeOf(value, { min: 1, max: most });
      return count === undefined ? [] : [[name, count] as const];
    });
  return Object.fromEntries(pairs);
}

type Other = {
  readonly exception?: ReadParts["exceptions"][number];
  readonly breakGlass?: BreakGlass;
  readonly denyRule?: DenyRule;
  readonly placement?: ReturnType<typeof readPlacement>;
};

function readOther({ kind, name, root }: Head, context: PolicyContext): Other {
  switch (kind) {
    case "TrustException":
      return { exception: { exception: readTrustException(root.at("spec"), name, context), field: root } };
    case "BreakGlass":
      return { breakGlass: readBreakGlass(root, name, context) };
    case "DenyRule":
      return { denyRule: readDenyRule(root.at("spec"), name) };
    case "Placement":
      return { placement: readPlacement(root.at("spec"), name, context) };
    default:
      return {};
  }
}

function byPlace(a: PolicyProblem, b: PolicyProblem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function uncheckedOf(context: PolicyContext): readonly string[] {
  const needs: readonly (readonly [unknown, string])[] = [
    [context.domains, "trust domains (TP301, TP302, TP305 to TP308)"],
    [context.witnesses, "witnesses (TP303)"],
    [context.trustStores, "Notation trust stores (TP301)"],
    [context.isRegistered, "identity register (TP211)"],
    [context.mayApproveLong, "the right to approve more than 14 days (TP602)"],
    [context.isApprovalVerified, "approvals (TP606)"],
    [context.runningRevision, "the revision in force (TP008)"],
  ];
  return needs.flatMap(([known, what]) => (known === undefined ? what : []));
}
