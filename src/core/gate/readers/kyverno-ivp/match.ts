import { choiceIn, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { wholeText } from "../../form/text-language.ts";
import type { Field } from "../field.ts";
import { readSelector } from "../kubernetes/selector.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";
import { toExpression } from "./glob.ts";

/** Requests that a policy is for, without those it leaves out, and the images it looks at. */
export type IvpRegion = { readonly where: readonly Zone[]; readonly except: readonly Zone[] };

export function readRegion(spec: Field, reading: Reading): IvpRegion {
  const constraints = spec.at("matchConstraints");
  constraints.only("resourceRules", "excludeResourceRules", "namespaceSelector", "objectSelector", "matchPolicy");
  const selectors = [
    ...readSelector(constraints.at("namespaceSelector"), "nsLabel"),
    ...readSelector(constraints.at("objectSelector"), "label"),
  ];
  const opaque = ["matchConditions", "images"]
    .map((name) => spec.at(name))
    .filter(({ present }) => present)
    .map(({ node, origin }) => reading.opaque("cel", renderNode(node), origin));
  const rules = constraints
    .at("resourceRules")
    .items()
    .flatMap((rule) => readRule(rule) ?? []);
  const images = readImages(spec.at("matchImageReferences"), reading);
  return {
    where: (rules.length > 0 ? rules : [new Map()]).flatMap((zone) =>
      images.flatMap((image) => narrow(zone, ...selectors, ...opaque, ...image) ?? []),
    ),
    except: constraints
      .at("excludeResourceRules")
      .items()
      .flatMap((rule) => readRule(rule) ?? []),
  };
}

function readRule(rule: Field): Zone | undefined {
  rule.only("apiGroups", "apiVersions", "operations", "resources", "resourceNames", "scope");
  const named = (dimension: string, member: string): readonly Literal[] => {
    const names = rule
      .at(member)
      .items()
      .map((item) => item.text() ?? "core");
    return names.length === 0 || names.includes("*") ? [] : [choiceIn(dimension, names)];
  };
  return toZone(
    ...named("apiGroup", "apiGroups"),
    ...named("apiVersion", "apiVersions"),
    ...named("operation", "operations"),
    ...named("resource", "resources"),
    ...named("objectName", "resourceNames"),
  );
}

/** Any of the references; CEL over the image is not evaluated here. Without any, all images. */
function readImages(references: Field, reading: Reading): readonly (readonly Literal[])[] {
  const items = references.items();
  if (items.length === 0) return [[]];
  return items.flatMap((reference) => {
    reference.only("glob", "expression");
    const [glob, expression] = [reference.at("glob"), reference.at("expression")];
    if (expression.present) return [[reading.opaque("cel", expression.text() ?? "", expression.origin)]];
    const pattern = toExpression(glob.text() ?? "");
    if (pattern === undefined) glob.problem("is not a glob");
    const language = pattern === undefined ? undefined : reading.language(glob, wholeText(reading.patterns, pattern));
    return language ? [[textIn("image", language)]] : [];
  });
}
