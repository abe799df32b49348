import { readPublicKeyPem } from "../../verify/public-key-pem.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { isJsonArray, type JsonValue } from "../../json/json.ts";
import { parseUnixMs, type UnixMs } from "../../time.ts";
import { bug } from "../../bug.ts";
import { lookUp } from "../look-up.ts";
import type { Authority, SigstoreLayout, KeyAuthority, SigstoreAuthority } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { readIdentityRule } from "./identity-rule.ts";
import { readLogRule, readTimeSources } from "./log-rule.ts";
import { readNotation } from "./notation.ts";
import { fullListOf, nameOf, textOf, timeOf } from "./scalars.ts";

const KINDS = ["sigstore", "key", "notation"] as const;
/** The validity of a key that has none: from here … */
export const ALWAYS_FROM: UnixMs = parseUnixMs(0) ?? bug("1970 is no time");
/** … to here. */
export const ALWAYS_TO: UnixMs = parseUnixMs(253_402_300_799_999) ?? bug("9999 is no time");

/** Reads one authority; a placeholder that admits nobody where it cannot be read. */
export function readAuthority(field: Field, context: PolicyContext): Authority {
  const kinds = field.only(...KINDS).members();
  if (kinds.length !== 1 && (field.value === undefined || kinds.length > 1 || isEmptyObject(field.value))) {
    field.problem("TP004", `${field.path} is not exactly one of ${KINDS.join(", ")}`);
  }
  if (field.at("key").present) return readKey(field.at("key"), context);
  if (field.at("notation").present) return readNotation(field.at("notation"), context);
  return readSigstore(field.at("sigstore"), context);
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function readSigstore(field: Field, context: PolicyContext): SigstoreAuthority {
  field.only("root", "identities", "formats", "log", "time", "sct");
  const root = readRoot(field.at("root"), context);
  const list = field.at("identities");
  const identities = fullListOf(list).map((identity) => readIdentityRule(identity, context));
  if (!list.present) field.problem("TP201", `${field.path} names no identity`);
  const time = readTimeSources(field.at("time"), root, context);
  const log = readLogRule(field.at("log"), root, context);
  judgeTimeOfLogs(field, { root, log, time }, context);
  return {
    kind: "sigstore",
    root,
    identities,
    formats: readFormats(field.at("formats")),
    log,
    time,
    sct: readSct(field.at("sct"), root, context),
  };
}

/** Reads the name of a trust domain (TP301). */
export function readRoot(field: Field, { domains }: PolicyContext): string {
  const root = nameOf(field);
  if (root !== "" && domains && !Object.hasOwn(domains, root)) {
    const names = Object.keys(domains);
    field.problem("TP301", `unknown trust root ${root}`, names.length > 0 ? `Known: ${names.join(", ")}.` : undefined);
  }
  return root;
}

function readFormats(field: Field): readonly SigstoreLayout[] {
  if (!field.present) return ["bundle", "legacy"];
  const formats = (["bundle", "legacy"] as const).filter((format) =>
    fullListOf(field, 2).some(({ value }) => value === format),
  );
  for (const item of field.items()) {
    if (item.value !== "bundle" && item.value !== "legacy")
      item.problem("TP007", `${item.path} is not bundle or legacy`);
  }
  return formats;
}

/** Rekor v2 states no time: with such logs only, a log can be no source of it (TP305). */
function judgeTimeOfLogs(
  field: Field,
  { root, log, time }: Pick<SigstoreAuthority, "root" | "log" | "time">,
  { domains }: PolicyContext,
): void {
  const known = lookUp(domains, root)?.logs;
  if (!known || time.sources.includes("tsa")) return;
  const used = known.filter(({ name }) => log.logs.length === 0 || log.logs.includes(name));
  if (used.length > 0 && used.every(({ type }) => type === "rekor2")) {
    field.at("time").problem("TP305", "the logs are Rekor v2, which states no time: no signature could ever pass");
  }
}

function readSct(field: Field, root: string, { domains }: PolicyContext): SigstoreAuthority["sct"] {
  if (!field.present || field.value === "required") return { kind: "required" };
  if (typeof field.value === "string") {
    field.problem("TP004", `${field.path} is not required or {absent: reason}`);
    return { kind: "required" };
  }
  const reason = textOf(field.only("absent").at("absent"));
  if (lookUp(domains, root)?.hasCtLog === true) {
    field.problem("TP307", `root ${root} has a CT log, so its certificates have an SCT`);
  }
  return { kind: "absent", reason };
}

function readKey(field: Field, context: PolicyContext): KeyAuthority {
  field.only("publicKey", "reason", "formats", "validity", "log");
  const log = field.at("log");
  const validity = field.at("validity").only("from", "to");
  const from = timeOf(validity.at("from")) ?? ALWAYS_FROM;
  const to = timeOf(validity.at("to")) ?? ALWAYS_TO;
  if (to <= from) validity.problem("TP408", "the key is never valid");
  return {
    kind: "key",
    publicKey: readPublicKey(field.at("publicKey")),
    reason: textOf(field.at("reason")),
    formats: readFormats(field.at("formats")),
    validity: { from, to },
    ...(log.present && { log: readKeyLog(log, context) }),
  };
}

/** A key belongs to no trust domain; its log does, and names it, or is the log of one domain only. */
function readKeyLog(field: Field, context: PolicyContext): NonNullable<KeyAuthority["log"]> {
  const named = field.at("root").present ? readRoot(field.at("root"), context) : undefined;
  const root = named ?? rootOfLogs(field.at("logs").value, context);
  if (root === undefined && context.domains) {
    field.problem("TP301", `${field.path} does not say of which trust root its logs are`, "Add root.");
  }
  return { root: root ?? "", ...readLogRule(field, root ?? "", context) };
}

function rootOfLogs(logs: JsonValue | undefined, { domains = {} }: PolicyContext): string | undefined {
  const names = isJsonArray(logs) ? logs : [];
  const [only, ...others] = Object.entries(domains).filter(([, domain]) =>
    names.every((name) => domain.logs?.some((log) => log.name === name)),
  );
  return only && others.length === 0 ? only[0] : undefined;
}

function readPublicKey(field: Field): Uint8Array {
  const pem = textOf(field);
  if (pem === "") return new Uint8Array(0);
  const key = readPublicKeyPem(toUtf8(pem));
  if (key.ok && key.value.alg !== "ecdsa-p521") return key.value.spki;
  const what = key.ok ? "P-521 is not used here" : key.detail;
  const fix = "One PEM block PUBLIC KEY: P-256, P-384, Ed25519, or RSA from 2048 bits.";
  field.problem("TP007", `${field.path}: ${what}`, fix);
  return new Uint8Array(0);
}
