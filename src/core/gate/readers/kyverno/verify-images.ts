import { SHORT_TYPES } from "../../../policy/imports/policy-controller/authority.ts";
import { allOf, anyOf, someOf, type Need } from "../../form/need.ts";
import { exactText } from "../../form/text-language.ts";
import { choiceIn, textIn, toZone, type Literal } from "../../form/zone.ts";
import type { Field } from "../field.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";
import { readAttestor, type Signed } from "./attestor.ts";

const FIELDS = [
  "type",
  "image",
  "imageReferences",
  "skipImageReferences",
  "failureAction",
  "attestors",
  "attestations",
  "annotations",
  "repository",
  "cosignOCI11",
  "mutateDigest",
  "verifyDigest",
  "required",
  "imageRegistryCredentials",
  "useCache",
  "validate",
  "key",
  "roots",
  "subject",
  "issuer",
  "additionalExtensions",
];
/** Members of old versions that the engine turns into attestors: one predicate that nobody evaluates here. */
const OLD = ["key", "roots", "subject", "issuer", "additionalExtensions", "annotations", "validate"];

/** Reads what an entry of `verifyImages` asks of the evidence: all attestors and all attestations. */
export function readVerification(entry: Field, reading: Reading): Need {
  entry.only(...FIELDS);
  const type = entry.at("type").text() ?? "Cosign";
  if (!["Cosign", "SigstoreBundle", "Notary"].includes(type))
    entry.at("type").problem(`type ${type.slice(0, 64)} is not known`);
  const strength = readStrength(entry, type);
  const signed = (what: readonly Literal[]): Signed => ({ reading, type, what: [...what, ...strength] });
  const plain = signed([choiceIn("kind", ["image-signature"])]);
  const attestors = entry
    .at("attestors")
    .items()
    .map((one) => readAttestor(one, plain));
  const attestations = entry
    .at("attestations")
    .items()
    .map((one) => readAttestation(one, signed, reading));
  const old = OLD.map((name) => entry.at(name)).filter(({ present }) => present);
  const others = old.flatMap(({ node, origin }) => {
    const zone = toZone(reading.opaque("old", renderNode(node), origin));
    return zone ? [someOf(zone, origin)] : [];
  });
  return allOf([...attestors, ...attestations, ...others]);
}

/** What is checked beside the signature: the digest in the request, and that a check was recorded at all. */
function readStrength(entry: Field, type: string): readonly Literal[] {
  return [
    ...(entry.at("verifyDigest").flag() === false ? [] : [choiceIn("strength:digest", ["true"])]),
    ...(entry.at("required").flag() === false ? [] : [choiceIn("strength:recorded", ["true"])]),
    choiceIn("form", [type]),
  ];
}

type ToSigned = (what: readonly Literal[]) => Signed;

function readAttestation(attestation: Field, signed: ToSigned, reading: Reading): Need {
  attestation.only("name", "type", "predicateType", "attestors", "conditions");
  const type = attestation.at("type").text() ?? attestation.at("predicateType").text() ?? "";
  const conditions = attestation.at("conditions");
  const what = [
    choiceIn("kind", ["attestation"]),
    textIn("predicateType", exactText(SHORT_TYPES.get(type) ?? type)),
    ...(conditions.present ? [reading.opaque("conditions", renderNode(conditions.node), conditions.origin)] : []),
  ];
  const attestors = attestation.at("attestors").items();
  if (attestors.length > 0) return allOf(attestors.map((one) => readAttestor(one, signed(what))));
  // Nobody is named: a statement by anybody will do.
  const zone = toZone(...signed(what).what);
  return zone ? someOf(zone, attestation.origin) : anyOf([]);
}
