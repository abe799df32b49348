import { toUtf8 } from "../bytes/utf8.ts";
import { quote, startReading, toArray, toFullText, toText, type FieldCode, type OwnReading } from "../json/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";
import { JSON_DEPTH_MAX, readJson, type JsonCode } from "../json/read-json.ts";
import type { Parsed } from "../parsed.ts";

/** An in-toto statement: something (`predicate`) is said about some artifacts (`subjects`). */
export type Statement = {
  readonly subjects: readonly Subject[];
  /** A URI that says how to read the predicate. */
  readonly predicateType: string;
  readonly predicate: JsonValue;
};

/** An artifact, by digests as the signer wrote them: algorithm names to hexadecimal. */
export type Subject = {
  readonly name?: string;
  readonly digests: Readonly<Record<string, string>>;
  /** Written only: nothing decides by them. */
  readonly annotations?: Readonly<Record<string, string>>;
};

export type StatementCode = JsonCode | FieldCode | "statement-type" | "too-many-subjects" | "too-many-digests";

export const STATEMENT_PAYLOAD_TYPE = "application/vnd.in-toto+json";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
/** What Cosign v3 says when it signs an image: that it is signed, nothing more. */
export const COSIGN_SIGN_PREDICATE_TYPE = "https://sigstore.dev/cosign/sign/v1";

const TYPES_READ: ReadonlySet<string> = new Set([STATEMENT_TYPE, "https://in-toto.io/Statement/v0.1"]);

/** Subjects times digests is the work of a comparison; both are bounded (sigstore-go 03a3a17). */
const SUBJECTS_MAX = 1024;
const DIGESTS_MAX = 32;
const STATEMENT_BYTES_MAX = 67_108_864;

/** Reads the payload of an attestation (in-toto attestation v1 `statement.md`, and v0.1). Members it does not know are ignored, as that text demands. */
export function readStatement(payload: Uint8Array): Parsed<Statement, StatementCode> {
  const json = readJson(payload, { bytesMax: STATEMENT_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  if (!json.ok) return json;
  const reading = startReading<StatementCode>();
  const statement = toMembers(reading, json.value, "the statement");
  const type = toText(reading, statement["_type"], "_type");
  if (!TYPES_READ.has(type)) reading.refuse("statement-type", `_type is ${quote(type)}`);
  const subjects = toArray(reading, statement["subject"], "subject");
  if (subjects.length > SUBJECTS_MAX) reading.refuse("too-many-subjects", `${subjects.length} subjects`);
  return reading.conclude({
    subjects: subjects.slice(0, SUBJECTS_MAX).map((subject) => toSubject(reading, subject)),
    predicateType: toFullText(reading, statement["predicateType"], "predicateType"),
    predicate: statement["predicate"] ?? null,
  });
}

function toSubject(reading: OwnReading<StatementCode>, value: JsonValue): Subject {
  const subject = toMembers(reading, value, "subject[]");
  const name = toText(reading, subject["name"], "subject[].name");
  const entries = Object.entries(toMembers(reading, subject["digest"], "subject[].digest"));
  if (entries.length > DIGESTS_MAX) reading.refuse("too-many-digests", `${entries.length} digests of one subject`);
  const digests = entries.map(([algorithm, digest]) => [algorithm, toText(reading, digest, "subject[].digest")]);
  return { ...(name !== "" && { name }), digests: Object.fromEntries(digests) };
}

const NO_MEMBERS: JsonObject = {};

function toMembers(reading: OwnReading<StatementCode>, value: JsonValue | undefined, where: string): JsonObject {
  if (isJsonObject(value)) return value;
  reading.refuse("field-type", `${where} is not an object`);
  return NO_MEMBERS;
}

/** Renders a statement v1; the payload of an envelope. */
export function renderStatement({ subjects, predicateType, predicate }: Statement): Uint8Array {
  const subject = subjects.map(({ name, digests, annotations }) => ({
    ...(name !== undefined && { name }),
    digest: digests,
    ...(annotations && { annotations }),
  }));
  return toUtf8(JSON.stringify({ _type: STATEMENT_TYPE, subject, predicateType, predicate }));
}

/** Whether some subject has this digest, in lower-case hexadecimal, under this algorithm. */
export function hasSubject(statement: Statement, algorithm: "sha256" | "sha384" | "sha512", hex: string): boolean {
  return statement.subjects.some(({ digests }) => Object.hasOwn(digests, algorithm) && digests[algorithm] === hex);
}
