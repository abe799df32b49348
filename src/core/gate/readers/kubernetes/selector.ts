import { choiceIn, textIn, type Literal } from "../../form/zone.ts";
import { anyText, exactText } from "../../form/text-language.ts";
import type { Field } from "../field.ts";

/** Labels as values of a dimension: present ones follow `=`, an absent one is empty. */
export function labelValue(value: string): string {
  return `=${value}`;
}

/** The label that the API server gives every namespace: its name. */
const NAME_LABEL = "kubernetes.io/metadata.name";

/** Reads a label selector as conditions on `nsLabel:` or `label:`; an absent one is none. */
export function readSelector(selector: Field, of: "nsLabel" | "label"): readonly Literal[] {
  selector.only("matchLabels", "matchExpressions");
  const exact = selector
    .at("matchLabels")
    .members()
    .map(([key, value]) => labelIn(of, key, [value.text() ?? ""]));
  return [
    ...exact,
    ...selector
      .at("matchExpressions")
      .items()
      .flatMap((one) => readExpression(one, of) ?? []),
  ];
}

function readExpression(expression: Field, of: "nsLabel" | "label"): Literal | undefined {
  expression.only("key", "operator", "values");
  const key = expression.at("key").text() ?? "";
  const values = expression
    .at("values")
    .items()
    .map((item) => item.text() ?? "");
  const operator = expression.at("operator").text() ?? "";
  switch (operator) {
    case "In":
      return labelIn(of, key, values);
    case "NotIn":
      return turned(labelIn(of, key, values));
    case "Exists":
      return choiceIn(`${of}:${key}`, [""], true);
    case "DoesNotExist":
      return choiceIn(`${of}:${key}`, [""]);
    default:
      expression.at("operator").problem(`operator ${operator.slice(0, 64)} is not In, NotIn, Exists or DoesNotExist`);
      return undefined;
  }
}

function labelIn(of: string, key: string, values: readonly string[]): Literal {
  const names = anyText(values.map(exactText));
  if (of === "nsLabel" && key === NAME_LABEL && names.ok) return textIn("namespace", names.value);
  return choiceIn(`${of}:${key}`, values.map(labelValue));
}

function turned(literal: Literal): Literal {
  const { dimension, set } = literal;
  if (set.kind === "choice") return { dimension, set: { ...set, negated: !set.negated } };
  return set.kind === "text" ? { dimension, set: { kind: "text", inside: set.outside, outside: set.inside } } : literal;
}
