import { addMs, parseRfc3339 } from "../../time.ts";
import type { BreakGlass } from "../trust-policy.ts";
import type { PolicyContext } from "./context.ts";
import type { SourceDocument } from "../problem.ts";
import { fieldOf, type Field } from "./field.ts";
import { booleanOf, fullListOf, nameOf, optionalTextOf, timeOf } from "./scalars.ts";

/** trust-policy chapter §1.4. */
const OPEN_MS_MAX = 4 * 3_600_000;

/** Reads the `spec` of a BreakGlass. It counts from when it was created; a file that was not applied yet, from now. */
export function readBreakGlass(document: Field, name: string, context: PolicyContext): BreakGlass {
  const spec = document.at("spec").only("reason", "ticket", "namespaces", "ends", "approved", "requester", "approver");
  for (const why of ["reason", "ticket"]) {
    if (!spec.at(why).present) spec.problem("TP603", `an emergency without ${why}`);
  }
  const approved = booleanOf(spec.at("approved")) ?? false;
  const [requester, approver] = [optionalTextOf(spec.at("requester")), optionalTextOf(spec.at("approver"))];
  if (approved && requester !== undefined && requester === approver) {
    spec.at("approver").problem("TP601", "approver and requester are the same");
  }
  return {
    name,
    reason: optionalTextOf(spec.at("reason")) ?? "",
    ticket: optionalTextOf(spec.at("ticket")) ?? "",
    namespaces: readNamespaces(spec.at("namespaces")),
    ...readTerm(document, context),
    ...(requester !== undefined && { requester }),
    ...(approver !== undefined && { approver }),
    approved,
  };
}

/** The emergencies among some documents, as far as they can be read: what is wrong with them, `readPolicySet` says. */
export function breakGlassIn(documents: readonly SourceDocument[], context: PolicyContext): readonly BreakGlass[] {
  return documents
    .map((document) => fieldOf(document, []))
    .filter((root) => root.at("kind").value === "BreakGlass")
    .map((root) => readBreakGlass(root, nameOf(root.at("metadata").at("name")), context));
}

function readTerm(document: Field, { now, purpose }: PolicyContext): Pick<BreakGlass, "created" | "ends"> {
  const stamp = document.at("metadata").at("creationTimestamp").value;
  const created = (typeof stamp === "string" ? parseRfc3339(stamp) : undefined) ?? now;
  const end = document.at("spec").at("ends");
  const ends = timeOf(end);
  if (!end.present) end.problem("TP602", "an emergency without end");
  if (ends === undefined) return { created, ends: created };
  if (ends > addMs(created, OPEN_MS_MAX)) end.problem("TP602", "lasts more than 4 hours");
  else if (ends <= now && purpose === "check") end.problem("TP602", "the end is past", "Delete it.");
  return { created, ends };
}

function readNamespaces(field: Field): readonly string[] {
  if (!field.present) field.problem("TP604", `${field.path} is missing`);
  return fullListOf(field).map((item) => (item.value === "*" ? "*" : nameOf(item)));
}
