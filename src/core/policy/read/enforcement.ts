import { matchesName, parseNameGlob, type NameGlob } from "../pattern.ts";
import type { Enforcement, NamespaceMode, UnmatchedImages } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { Field } from "./field.ts";
import { choiceOf, fullListOf, listOf, optionalTextOf, textOf, untilOf } from "./scalars.ts";

/** The namespace of the product itself: who exempts it can change the policy without being seen. */
const OWN_NAMESPACE = "countersign";

/** Reads which namespaces enforce: TP504, TP505. */
export function readEnforcement(field: Field, context: PolicyContext): Enforcement {
  field.only("default", "namespaces", "exempt");
  return {
    byDefault: readDefaultMode(field.at("default"), context),
    namespaces: listOf(field.at("namespaces")).map((item) => ({
      match: readNameGlobs(item.only("match", "mode", "owner", "reason", "until").at("match")),
      mode: readMode(item, context),
    })),
    exempt: listOf(field.at("exempt")).map((item) => readExempt(item)),
  };
}

/** Reads what becomes of images of no family. */
export function readUnmatched(field: Field, context: PolicyContext): UnmatchedImages {
  if (!field.present || field.value === "deny") return { kind: "deny" };
  if (typeof field.value !== "object") {
    field.problem("TP004", `${field.path} is not deny or {admit: {reason, until}}`);
    return { kind: "deny" };
  }
  const admit = field.only("admit").at("admit").only("reason", "until");
  return { kind: "admit", reason: textOf(admit.at("reason")), until: untilOf(admit.at("until"), context) };
}

function readDefaultMode(field: Field, context: PolicyContext): NamespaceMode {
  if (!field.present || field.value === "enforce") return { kind: "enforce" };
  if (typeof field.value !== "object") {
    field.problem("TP004", `${field.path} is not enforce or {audit: {owner, reason, until}}`);
    return { kind: "enforce" };
  }
  return readAudit(field.only("audit").at("audit").only("owner", "reason", "until"), context);
}

function readMode(item: Field, context: PolicyContext): NamespaceMode {
  const mode = item.at("mode");
  if (!mode.present) mode.problem("TP004", `${mode.path} is missing`, "Write audit or enforce.");
  return choiceOf(mode, ["enforce", "audit"]) === "audit" ? readAudit(item, context) : { kind: "enforce" };
}

function readAudit(field: Field, context: PolicyContext): NamespaceMode {
  return {
    kind: "audit",
    owner: textOf(field.at("owner")),
    reason: textOf(field.at("reason")),
    until: untilOf(field.at("until"), context),
  };
}

function readExempt(item: Field): Enforcement["exempt"][number] {
  item.only("match", "owner", "reason");
  const match = readNameGlobs(item.at("match"));
  const isOwned = item.at("owner").present && item.at("reason").present;
  if (!isOwned) item.problem("TP505", `${item.path} has no owner or no reason`);
  for (const glob of match) {
    if (/^\*+$/.test(glob)) item.problem("TP505", "exempts every namespace");
    else if (matchesName(glob, OWN_NAMESPACE))
      item.problem("TP505", `exempts namespace ${OWN_NAMESPACE}, where the policy itself lives`);
  }
  return { match, owner: optionalTextOf(item.at("owner")) ?? "", reason: optionalTextOf(item.at("reason")) ?? "" };
}

/** Reads globs of namespace names. */
function readNameGlobs(field: Field): readonly NameGlob[] {
  if (!field.present) field.problem("TP004", `${field.path} is missing`);
  return fullListOf(field).flatMap((item) => {
    const text = textOf(item);
    const glob = parseNameGlob(text);
    if (text !== "" && glob === undefined) {
      item.problem("TP007", `${item.path} is not a namespace`, "a-z, 0-9, - and *; at most 63.");
    }
    return glob ?? [];
  });
}
