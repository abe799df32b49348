import { scalarsIn } from "../../../pipelines/definitions/source-node.ts";
import { NEVER_MET, someOf } from "../../form/need.ts";
import type { Rule, System } from "../../form/system.ts";
import { choiceIn, EVERYWHERE, toZone } from "../../form/zone.ts";
import type { GateDocument } from "../field.ts";
import { headOf, isOfKind } from "../object.ts";
import type { GateReader, Reading } from "../reading.ts";
import { isTrustRoot, readTrustRoots, type TrustAnchors } from "./trust-root.ts";

/**
 * TrustRoot objects that both sides have and no policy of the tree names: whoever uses them is elsewhere, and believes what
 * they say. Those that are named are compared with the policies that name them.
 */
export const trustRootReader: GateReader = {
  engine: "policy-controller",
  name: "trust-roots",
  claims: (document) => isTrustRoot(document) || isPolicy(document),
  founds: isTrustRoot,
  read: (reading): System => {
    const roots = readTrustRoots(reading);
    const compared = reading.documents.filter(isTrustRoot).filter((document) => isCompared(document, reading));
    return {
      id: reading.id,
      engine: "policy-controller",
      rules: compared.flatMap((document) => toRules(document, roots)),
      unmatched: { kind: "admit", origin: { file: "", document: 0, pointer: "", line: 1 } },
      reach: [{ zones: [EVERYWHERE], onError: "deny", origin: { file: "", document: 0, pointer: "", line: 1 } }],
      images: undefined,
      opaque: reading.opaqueTexts,
    };
  },
};

function isPolicy(document: GateDocument): boolean {
  return isOfKind(document, "policy.sigstore.dev", "ClusterImagePolicy");
}

function isCompared(document: GateDocument, { documents, other }: Reading): boolean {
  const { name } = headOf(document);
  const isNamed = [...documents, ...other]
    .filter(isPolicy)
    .some(({ root }) => [...scalarsIn(root)].some(({ text, link }) => link?.key === "trustRootRef" && text === name));
  return !isNamed && other.some((one) => isTrustRoot(one) && headOf(one).name === name);
}

function toRules(
  { root, file, document, pointer }: GateDocument,
  roots: ReadonlyMap<string, TrustAnchors>,
): readonly Rule[] {
  const { name } = headOf({ root });
  const anchors = roots.get(name);
  if (!anchors) return [];
  const origin = { file, document, pointer: `${pointer}/spec`, line: 1 };
  return (["root", "log", "ctlog", "tsa"] as const).flatMap((role) => {
    const where = toZone(choiceIn("trustRoot", [name]), choiceIn("role", [role]));
    const zone = toZone(choiceIn(role, anchors[role]));
    if (!where) return [];
    const need = zone ? someOf(zone, origin) : NEVER_MET;
    return [{ name: `TrustRoot ${name}`, where: [where], except: [], need, mode: "deny" as const, origin }];
  });
}
