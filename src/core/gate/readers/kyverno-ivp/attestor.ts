import { choiceIn, narrow, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { certificateAnchors, keyAnchors, PUBLIC_GOOD } from "../anchors.ts";
import type { Field } from "../field.ts";
import { readIdentity } from "../identity.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";

/** Reads an attestor of an ImageValidatingPolicy: the signers, any of whom counts. */
export function readAttestor(attestor: Field, reading: Reading): readonly Zone[] {
  attestor.only("name", "cosign", "notary");
  const notary = attestor.at("notary");
  if (notary.present) return one(reading.opaque("notary", renderNode(notary.node), notary.origin));
  const cosign = attestor.at("cosign").only("key", "keyless", "certificate", "source", "ctlog", "tuf", "annotations");
  const strength = [...readLog(cosign.at("ctlog"), reading), ...opaqueIn(cosign, ["tuf", "annotations"], reading)];
  const signers = cosign.at("keyless").present
    ? readKeyless(cosign.at("keyless"), reading)
    : cosign.at("key").present
      ? readKey(cosign.at("key"), reading)
      : one(...opaqueIn(cosign, ["certificate"], reading));
  return signers.flatMap((zone) => narrow(zone, ...strength) ?? []);
}

function one(...literals: readonly Literal[]): readonly Zone[] {
  const zone = toZone(...literals);
  return literals.length > 0 && zone ? [zone] : [];
}

/** Settings that are not taken apart: the same is the same. */
function opaqueIn(holder: Field, names: readonly string[], reading: Reading): readonly Literal[] {
  return names
    .map((name) => holder.at(name))
    .filter(({ present }) => present)
    .map(({ node, origin }) => reading.opaque("attestor", renderNode(node), origin));
}

function readKey(key: Field, reading: Reading): readonly Zone[] {
  key.only("data", "secretRef", "kms", "hashAlgorithm", "expression");
  const data = key.at("data");
  if (!data.present) return one(reading.opaque("key", renderNode(key.node), key.origin));
  const anchors = keyAnchors(data.text() ?? "");
  if (!anchors) data.problem("the key is not public keys in PEM");
  return anchors ? one(choiceIn("root", anchors)) : [];
}

function readKeyless(keyless: Field, reading: Reading): readonly Zone[] {
  keyless.only("identities", "roots");
  const roots = keyless.at("roots").text();
  const anchors = roots === undefined ? [PUBLIC_GOOD] : certificateAnchors(roots);
  const root = anchors ? choiceIn("root", anchors) : reading.opaque("roots", roots ?? "", keyless.at("roots").origin);
  return keyless
    .at("identities")
    .items()
    .flatMap((identity) => {
      const zone = readIdentity(identity, "expression-wins", reading);
      return (zone && narrow(zone, root)) ?? [];
    });
}

/** What the log has to say: everything unless it is switched off. With `insecureIgnoreSCT` the log is open too, as is with a chain of a TSA. */
function readLog(ctlog: Field, reading: Reading): readonly Literal[] {
  ctlog.only("url", "rekorPubKey", "ctLogPubKey", "tsaCertChain", "insecureIgnoreTlog", "insecureIgnoreSCT");
  const isOpen = ctlog.at("insecureIgnoreTlog").flag() === true;
  const isUnstamped = ctlog.at("insecureIgnoreSCT").flag() === true;
  const key = ctlog.at("rekorPubKey").text();
  const anchors = key === undefined ? [PUBLIC_GOOD] : keyAnchors(key);
  const log = anchors ? choiceIn("log", anchors) : reading.opaque("key", key ?? "", ctlog.origin);
  return [
    ...(isOpen ? [] : [choiceIn("strength:tlog", ["true"]), log]),
    ...(isUnstamped ? [] : [choiceIn("strength:sct", ["true"])]),
    ...opaqueIn(ctlog, ["ctLogPubKey", "tsaCertChain"], reading),
  ];
}
