import { decodeText } from "../../../policy/imports/material.ts";
import { sha256 } from "../../../digest.ts";
import { toHex } from "../../../bytes/hex.ts";
import { toUtf8 } from "../../../bytes/utf8.ts";
import { certificateAnchors, keyAnchors, PUBLIC_GOOD } from "../anchors.ts";
import type { Field, GateDocument } from "../field.ts";
import { headOf, isOfKind, OBJECT_FIELDS } from "../object.ts";
import type { Reading } from "../reading.ts";

/** Who is believed, by role: names of anchors. */
export type TrustAnchors = {
  readonly root: readonly string[];
  readonly log: readonly string[];
  readonly ctlog: readonly string[];
  readonly tsa: readonly string[];
};

export const PUBLIC_ANCHORS: TrustAnchors = {
  root: [PUBLIC_GOOD],
  log: [PUBLIC_GOOD],
  ctlog: [PUBLIC_GOOD],
  tsa: [PUBLIC_GOOD],
};

export function isTrustRoot(document: GateDocument): boolean {
  return isOfKind(document, "policy.sigstore.dev", "TrustRoot");
}

/** Reads the TrustRoot objects of a tree, by name. */
export function readTrustRoots(reading: Reading): ReadonlyMap<string, TrustAnchors> {
  return new Map(
    reading.documents.filter(isTrustRoot).map((document) => [headOf(document).name, readTrustRoot(document, reading)]),
  );
}

function readTrustRoot(document: GateDocument, reading: Reading): TrustAnchors {
  const spec = reading
    .open(document)
    .only(...OBJECT_FIELDS)
    .at("spec");
  spec.only("sigstoreKeys", "remote", "repository");
  if (spec.at("remote").present) return readMirror(spec.at("remote").only("root", "mirror", "targets"));
  if (spec.at("repository").present) return readMirror(spec.at("repository").only("root", "mirrorFS", "targets"));
  const keys = spec.at("sigstoreKeys").only("certificateAuthorities", "ctLogs", "tLogs", "timestampAuthorities");
  return {
    root: keys.at("certificateAuthorities").items().flatMap(readChain),
    tsa: keys.at("timestampAuthorities").items().flatMap(readChain),
    log: keys.at("tLogs").items().flatMap(readLog),
    ctlog: keys.at("ctLogs").items().flatMap(readLog),
  };
}

/** A TUF repository is known by its root and where its targets come from: who signs what there is not in the tree. */
function readMirror(mirror: Field): TrustAnchors {
  const text = ["root", "mirror", "mirrorFS", "targets"].map((name) => mirror.at(name).text() ?? "").join("\n");
  const all = [`tuf:${toHex(sha256(toUtf8(text))).slice(0, 32)}`];
  return { root: all, log: all, ctlog: all, tsa: all };
}

function readChain(authority: Field): readonly string[] {
  authority.only("subject", "uri", "certChain");
  authority.at("subject").only("organization", "commonName");
  const field = authority.at("certChain");
  const anchors = certificateAnchors(decodeText(field.text() ?? "") ?? "");
  if (!anchors) field.problem("certChain is not certificates in PEM, in base64");
  return anchors ?? [];
}

function readLog(log: Field): readonly string[] {
  log.only("baseURL", "hashAlgorithm", "publicKey", "logId");
  const field = log.at("publicKey");
  const anchors = keyAnchors(decodeText(field.text() ?? "") ?? "");
  if (!anchors) field.problem("publicKey is not a public key in PEM, in base64");
  return anchors ?? [];
}
