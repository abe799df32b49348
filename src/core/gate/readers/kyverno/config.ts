import { textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { GateDocument } from "../field.ts";
import { headOf, isOfKind } from "../object.ts";
import type { Reading } from "../reading.ts";
import { globOf } from "./match.ts";

/** What the ConfigMap of Kyverno takes out of its sight, and what changes how it sees. */
export type KyvernoConfig = { readonly except: readonly Zone[]; readonly where: readonly Literal[] };

export function isConfig(document: GateDocument): boolean {
  return isOfKind(document, "", "ConfigMap") && headOf(document).name === "kyverno";
}

/** Members that change what is seen, and that are not taken apart here. */
const OPAQUE = [
  "defaultRegistry",
  "enableDefaultRegistryMutation",
  "excludeGroups",
  "excludeUsernames",
  "excludeRoles",
  "excludeClusterRoles",
  "webhooks",
  "matchConditions",
];

export function readConfig(reading: Reading): KyvernoConfig {
  const data = reading.documents.filter(isConfig).map((document) => reading.open(document).at("data"));
  return {
    except: data.flatMap((one) => readFilters(one.at("resourceFilters").text() ?? "")),
    where: data.flatMap((one) =>
      OPAQUE.flatMap((name) => {
        const text = one.at(name).text();
        return text === undefined ? [] : [reading.opaque(`kyverno-${name}`, text, one.at(name).origin)];
      }),
    ),
  };
}

/** `[Pod,kube-system,*] [*\/*,kyverno,*]`: kind, namespace and name, each a glob; what is left out is any. */
function readFilters(text: string): readonly Zone[] {
  return [...text.matchAll(/\[([^\]]*)\]/g)].flatMap(([, inner = ""]) => {
    const [kind = "*", namespace = "*", name = "*"] = inner.split(",").map((part) => part.trim());
    const literals = [
      ...globbed("objectKind", kind.split("/").at(-1) ?? kind),
      ...globbed("namespace", namespace),
      ...globbed("name", name),
    ];
    return toZone(...literals) ?? [];
  });
}

function globbed(dimension: string, glob: string): readonly Literal[] {
  if (glob === "*" || glob === "") return [];
  if (dimension === "objectKind") return [{ dimension, set: { kind: "choice", values: [glob], negated: false } }];
  const language = globOf(glob);
  return language ? [textIn(dimension, language)] : [];
}
