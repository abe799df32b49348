import { compileGlob } from "../../automata/glob.ts";
import { isFinite } from "../../automata/finite.ts";
import { NOTHING, exactly, type Program } from "../../automata/program.ts";
import { bug } from "../../bug.ts";
import { quote } from "../../json/fields.ts";
import { API_VERSION } from "../../names.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import type { PolicyProblem, SourceDocument } from "../../policy/problem.ts";
import { fieldOf, type Field } from "../../policy/read/field.ts";
import { choiceOf, fullListOf, listOf, optionalTextOf, textOf, timeOf } from "../../policy/read/scalars.ts";
import { addMs, parseUnixMs, type UnixMs } from "../../time.ts";
import {
  ISSUER_TYPES,
  REGISTER_FAMILIES,
  type IdentityRegister,
  type RegisterEntry,
  type RegisterIssuer,
  type RegisterPlace,
  type RegisterWorkload,
} from "./register.ts";

export type RegisterReading = {
  /** Absent when there is a problem: of half a register nobody knows who is not in it. */
  readonly register?: IdentityRegister;
  /** By file, line and column. */
  readonly problems: readonly PolicyProblem[];
};

const ENTRIES_MAX = 10_000;
const KINDS: ReadonlySet<unknown> = new Set(["IdentityRegister", "SigningIdentityRegister"]);
const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** change-gate chapter §4. */
const LIFE_DAYS_MAX = 400;
const DAY_MS = 86_400_000;
const ENTRY_FIELDS = [
  "id",
  "owner",
  "issuer",
  "san",
  "sanPattern",
  "patternReason",
  "workload",
  "root",
  "families",
  "images",
  "pipelines",
  "created",
  "expires",
  "state",
  "reason",
] as const;

/**
 * Reads registers of identities: strict, every problem with its place. Their content stands at the top of the document,
 * or under `spec` as in an object of the cluster; several documents are one register.
 */
export function readRegister(documents: readonly SourceDocument[], patterns: PatternEngine): RegisterReading {
  const problems: PolicyProblem[] = [];
  const parts = documents.map((document) => readDocument(document, problems, patterns));
  const register = {
    entries: parts.flatMap(({ entries }) => entries.map(({ entry }) => entry)),
    issuers: parts.flatMap(({ issuers }) => issuers.map(({ issuer }) => issuer)),
  };
  refuseTwice(
    parts.flatMap(({ entries }) => entries.map(({ entry, field }) => ({ name: entry.id, field: field.at("id") }))),
  );
  refuseTwice(
    parts.flatMap(({ issuers }) => issuers.map(({ issuer, field }) => ({ name: issuer.url, field: field.at("url") }))),
  );
  return { ...(problems.length === 0 && { register }), problems };
}

type Read = {
  readonly entries: readonly { readonly entry: RegisterEntry; readonly field: Field }[];
  readonly issuers: readonly { readonly issuer: RegisterIssuer; readonly field: Field }[];
};

function readDocument(document: SourceDocument, problems: PolicyProblem[], patterns: PatternEngine): Read {
  const root = fieldOf(document, problems);
  const [version, kind] = [root.at("apiVersion"), root.at("kind")];
  if (version.value !== API_VERSION) version.problem("TP005", "apiVersion is not supported", `Write ${API_VERSION}.`);
  if (!KINDS.has(kind.value)) {
    kind.problem("TP005", "kind is not IdentityRegister", "Write IdentityRegister.");
    return { entries: [], issuers: [] };
  }
  const isObject = root.at("spec").present;
  const body = isObject ? root.only("apiVersion", "kind", "metadata", "spec").at("spec") : root;
  if (isObject) body.only("identities", "issuers");
  else body.only("apiVersion", "kind", "metadata", "identities", "issuers");
  const above = isObject ? "/spec" : "";
  const at = (list: string, i: number): RegisterPlace => placeAt(document, `${above}/${list}/${i}`);
  return {
    entries: listOf(body.at("identities"), ENTRIES_MAX).map((field, i) => ({
      entry: readEntry(field, at("identities", i), patterns),
      field,
    })),
    issuers: listOf(body.at("issuers"), ENTRIES_MAX).map((field, i) => ({
      issuer: readIssuer(field, at("issuers", i)),
      field,
    })),
  };
}

function placeAt({ file, places }: SourceDocument, pointer: string): RegisterPlace {
  return { file, line: places.get(pointer)?.line ?? 1, pointer };
}

function refuseTwice(named: readonly { readonly name: string; readonly field: Field }[]): void {
  const first = new Map<string, Field>();
  for (const { name, field } of named) {
    const earlier = first.get(name);
    if (!earlier) first.set(name, field);
    else if (name !== "") field.problem("TP006", `${quote(name)} is there twice (${earlier.place})`);
  }
}

function readEntry(field: Field, place: RegisterPlace, patterns: PatternEngine): RegisterEntry {
  field.only(...ENTRY_FIELDS);
  const created = instantOf(field.at("created"));
  const expires = instantOf(field.at("expires"));
  if (created > EPOCH && expires > addMs(created, LIFE_DAYS_MAX * DAY_MS)) {
    field.at("expires").problem("TP007", `${field.path} lasts longer than ${LIFE_DAYS_MAX} days after it was created`);
  }
  const { value: expiresText } = field.at("expires");
  return {
    id: idOf(field.at("id")),
    owner: textOf(field.at("owner")),
    issuer: textOf(field.at("issuer")),
    ...readSan(field, patterns),
    workload: field.at("workload").present ? readWorkload(field.at("workload")) : undefined,
    root: optionalTextOf(field.at("root")) ?? "",
    families: fullListOf(field.at("families")).map((item) => choiceOf(item, REGISTER_FAMILIES)),
    images: readImages(field),
    pipelines: listOf(field.at("pipelines"), ENTRIES_MAX).map((item) => textOf(item)),
    created,
    expires,
    expiresText: typeof expiresText === "string" ? expiresText : "",
    state: choiceOf(field.at("state"), ["active", "retiring", "revoked"]),
    place,
  };
}

function idOf(field: Field): string {
  const text = textOf(field);
  if (text !== "" && !ID.test(text))
    field.problem("TP007", `${quote(text)} is no id`, "Lower-case letters, digits and -; at most 63.");
  return text;
}

/** A time that has to be there; one that cannot be read is over long ago. */
function instantOf(field: Field): UnixMs {
  if (!field.present) field.problem("TP004", `${field.path} is missing`, "A date, as in 2027-03-02.");
  return timeOf(field) ?? EPOCH;
}

const EPOCH: UnixMs = parseUnixMs(0) ?? bug("0 is a time");

function readSan(field: Field, patterns: PatternEngine): Pick<RegisterEntry, "san" | "isPattern" | "sans"> {
  const [san, pattern] = [field.at("san"), field.at("sanPattern")];
  if (san.present && pattern.present)
    pattern.problem("TP006", `${field.path} has both san and sanPattern`, "Keep one.");
  if (!pattern.present) {
    const text = textOf(san);
    if (/[*?]/.test(text))
      san.problem("TP007", `${quote(text)} is a pattern`, "Write the SAN as it stands in certificates, or sanPattern.");
    return { san: text, isPattern: false, sans: exactly(text) };
  }
  const text = textOf(pattern);
  const compiled = patterns.compile(text);
  if (!compiled.ok) pattern.problem("TP007", `${quote(text)}: ${compiled.detail}`);
  const sans: Program = compiled.ok ? compiled.value : NOTHING;
  const isReasoned = (optionalTextOf(field.at("patternReason")) ?? "") !== "";
  if (compiled.ok && !isFinite(sans) && !isReasoned) {
    pattern.problem(
      "TP007",
      `${quote(text)} matches identities without end`,
      "List them, or say why in patternReason.",
    );
  }
  return { san: text, isPattern: true, sans };
}

function readWorkload(field: Field): RegisterWorkload {
  field.only("cluster", "namespace", "serviceAccount");
  const namespace = field.at("namespace");
  const text = textOf(namespace);
  if (text === "default")
    namespace.problem("TP007", "namespace default is everybody's", "Give the signer a namespace of its own.");
  if (/[*?]/.test(text)) namespace.problem("TP007", `namespace ${quote(text)} is a pattern`, "Name one namespace.");
  return { cluster: textOf(field.at("cluster")), namespace: text, serviceAccount: textOf(field.at("serviceAccount")) };
}

function readImages(field: Field): readonly string[] {
  const images = field.at("images");
  if (!images.present)
    images.problem("TP004", `${images.path} is missing`, "Patterns of images, as in registry.example/app/**.");
  return fullListOf(images, 1000).map((item) => {
    const text = textOf(item);
    const compiled = compileGlob("pc", text);
    if (text !== "" && !compiled.ok) item.problem("TP007", `${quote(text)}: ${compiled.detail}`);
    return text;
  });
}

function readIssuer(field: Field, place: RegisterPlace): RegisterIssuer {
  field.only("url", "type", "owner", "audience", "subjectDomain", "spiffeTrustDomain");
  if (!field.at("type").present)
    field.at("type").problem("TP004", `${field.path} has no type`, `One of ${ISSUER_TYPES.join(", ")}.`);
  return {
    url: textOf(field.at("url")),
    type: choiceOf(field.at("type"), ISSUER_TYPES),
    owner: textOf(field.at("owner")),
    audience: optionalTextOf(field.at("audience")) ?? "",
    domain: optionalTextOf(field.at("spiffeTrustDomain")) ?? optionalTextOf(field.at("subjectDomain")) ?? "",
    place,
  };
}
