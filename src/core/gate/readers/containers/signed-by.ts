import { decodeText } from "../../../policy/imports/material.ts";
import { NEVER_MET, someOf, type Need } from "../../form/need.ts";
import { exactText } from "../../form/text-language.ts";
import { choiceIn, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { certificateAnchors, keyAnchors } from "../anchors.ts";
import type { Field } from "../field.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";

/** Roots as fields that hold PEM in base64, by role; a path is a file on the node, which the tree does not have. */
export type SignedFields = {
  readonly keys: readonly Field[];
  readonly rekorKeys: readonly Field[];
  readonly cas: readonly Field[];
  readonly paths: readonly Field[];
  readonly issuer?: Field;
  readonly email?: Field;
};

/** The field, where it is there. */
export function presentIn(field: Field): readonly Field[] {
  return field.present ? [field] : [];
}

/** What a signature has to be by: any of the keys, or one e-mail identity under the CA (containers-image `signature`). */
export function readSignedBy(of: SignedFields, identity: readonly Literal[], reading: Reading): Need {
  const rekor = anchorsOf(of.rekorKeys, keyAnchors);
  const literals = [
    choiceIn("kind", ["image-signature"]),
    ...identity,
    ...(of.rekorKeys.length > 0 ? [choiceIn("strength:tlog", ["true"]), choiceIn("log", rekor)] : []),
    ...of.paths.map((path) => reading.opaque("file", renderNode(path.node), path.origin)),
  ];
  const [first] = [...of.keys, ...of.cas, ...of.paths];
  const zone = of.cas.length > 0 ? zoneOfCa(of) : zoneOfKeys(of);
  const narrowed = zone && narrow(zone, ...literals);
  return narrowed && first ? someOf(narrowed, first.origin) : NEVER_MET;
}

function zoneOfKeys({ keys, paths }: SignedFields): Zone | undefined {
  if (keys.length === 0) return paths.length > 0 ? new Map() : undefined;
  return toZone(choiceIn("root", anchorsOf(keys, keyAnchors)));
}

/** E-mail addresses alone: no other kind of name can be said there. */
function zoneOfCa({ cas, issuer, email }: SignedFields): Zone | undefined {
  const [from, to] = [issuer?.text(), email?.text()];
  if (from === undefined || to === undefined) return undefined;
  return toZone(
    choiceIn("root", anchorsOf(cas, certificateAnchors)),
    textIn("issuer", exactText(from)),
    textIn("san", exactText(to)),
  );
}

function anchorsOf(fields: readonly Field[], read: typeof keyAnchors): readonly string[] {
  return fields.flatMap((field) => {
    const anchors = read(decodeText(field.text() ?? "") ?? "");
    if (!anchors) field.problem("is not PEM in base64");
    return anchors ?? [];
  });
}
