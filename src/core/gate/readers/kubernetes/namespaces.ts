import { fieldsAt, scalarAt } from "../../../pipelines/definitions/source-node.ts";
import { anyText, exactText } from "../../form/text-language.ts";
import { choiceIn, holdsPoint, narrow, textIn, toZone, type Literal, type Point, type Zone } from "../../form/zone.ts";
import type { GateDocument } from "../field.ts";
import { headOf, isOfKind } from "../object.ts";
import type { Reading } from "../reading.ts";
import { labelValue } from "./selector.ts";

/** A namespace whose labels the tree says. */
type KnownNamespace = { readonly name: string; readonly point: Point };

export function isNamespace(document: GateDocument): boolean {
  return isOfKind(document, "", "Namespace");
}

/**
 * The requests that a namespace selector lets through: of namespaces that the tree has by their labels there, of all
 * others by whatever labels they may have.
 */
export function reachOf(
  selector: readonly Literal[],
  { documents, other }: Pick<Reading, "documents" | "other">,
): readonly Zone[] {
  const own = documents.filter(isNamespace).map(toNamespace);
  // One that only the other side has is new, or gone: it has moved in or out of nothing.
  const others = other.filter(isNamespace).map(toNamespace);
  const known = [...own, ...others.filter(({ name }) => !own.some((one) => one.name === name))];
  const inside = known.filter((one) => holdsPoint(toZone(...selector) ?? NOWHERE, withAbsent(one.point, selector)));
  const names = anyText(known.map(({ name }) => exactText(name)));
  const chosen = anyText(inside.map(({ name }) => exactText(name)));
  const any = toZone(...selector);
  const unknown =
    names.ok && any
      ? narrow(any, { dimension: "namespace", set: { kind: "text", inside: [], outside: [names.value] } })
      : any;
  const listed = chosen.ok ? toZone(textIn("namespace", chosen.value)) : undefined;
  return [unknown, listed].flatMap((zone) => zone ?? []);
}

/** A zone that no request is in. */
const NOWHERE: Zone = new Map([["operation", choiceIn("operation", []).set]]);

function toNamespace(document: GateDocument): KnownNamespace {
  const { name } = headOf(document);
  const labels = fieldsAt(document.root, "metadata", "labels").map(
    ([key, node]) => [`nsLabel:${key}`, labelValue(scalarAt(node)?.text ?? "")] as const,
  );
  return { name, point: new Map<string, string>([...labels, ["namespace", name]]) };
}

/** A label that the namespace does not have is absent, rather than open. */
function withAbsent(point: Point, selector: readonly Literal[]): Point {
  const absent = selector
    .map(({ dimension }) => [dimension, ""] as const)
    .filter(([dimension]) => !point.has(dimension));
  return new Map([...point, ...absent]);
}
