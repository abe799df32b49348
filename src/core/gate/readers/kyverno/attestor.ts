import { allOf, anyOf, NEVER_MET, someOf, type Need } from "../../form/need.ts";
import { anyText, searchText } from "../../form/text-language.ts";
import { choiceIn, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { certificateAnchors, keyAnchors, PUBLIC_GOOD } from "../anchors.ts";
import type { Field } from "../field.ts";
import { renderNode } from "../object.ts";
import type { Reading } from "../reading.ts";
import { globOf } from "./match.ts";

/** What a signer has to have signed: more conditions for each of its boxes. */
export type Signed = { readonly reading: Reading; readonly what: readonly Literal[]; readonly type: string };

/** Reads a set of signers: so many of them, and without a count all (Kyverno `pkg/image/verifiers/cpol`). */
export function readAttestor(attestor: Field, signed: Signed): Need {
  attestor.only("entries", "count");
  const entries = attestor
    .at("entries")
    .items()
    .flatMap((entry) => readEntry(entry, signed));
  const n = attestor.at("count").count() ?? entries.length;
  if (entries.length === 0 || n < 1) return NEVER_MET;
  if (n === 1) return anyOf(entries);
  return n === entries.length ? allOf(entries) : { op: "atLeast", n, of: entries };
}

/** Several keys in one text count as entries of their own. */
function readEntry(entry: Field, signed: Signed): readonly Need[] {
  entry.only("keys", "certificates", "keyless", "attestor", "annotations", "repository");
  if (entry.at("attestor").present) return [readAttestor(entry.at("attestor"), signed)];
  const annotations = entry.at("annotations");
  const { reading } = signed;
  const what = [
    ...signed.what,
    ...(annotations.present ? [reading.opaque("annotations", renderNode(annotations.node), annotations.origin)] : []),
  ];
  const ways = entry.at("keyless").present
    ? [readKeyless(entry.at("keyless"), signed)]
    : entry.at("certificates").present
      ? [readCertificates(entry.at("certificates"), signed)]
      : readKeys(entry.at("keys"), signed);
  return ways.map((zones) => toNeed(zones, what, entry));
}

function toNeed(zones: readonly Zone[], what: readonly Literal[], { origin }: Field): Need {
  return anyOf(
    zones.flatMap((zone) => {
      const narrowed = narrow(zone, ...what);
      return narrowed ? [someOf(narrowed, origin)] : [];
    }),
  );
}

/** `{{ … }}` is filled in by the engine from what the tree may not have. */
function isVariable(text: string): boolean {
  return text.includes("{{");
}

function readKeys(keys: Field, { reading, type }: Signed): readonly (readonly Zone[])[] {
  keys.only("publicKeys", "kms", "secret", "signatureAlgorithm", "rekor", "ctlog");
  const strength = readLog(keys.at("rekor"), { reading, type });
  const text = keys.at("publicKeys").text() ?? "";
  const reference = ["kms", "secret"].map((name) => keys.at(name)).find(({ present }) => present);
  const isReference = reference !== undefined || isVariable(text) || /^[a-z]+8?s?:\/\//.test(text);
  if (isReference) {
    const { node, origin } = reference ?? keys.at("publicKeys");
    return [one(reading.opaque("key", renderNode(node), origin), ...strength)];
  }
  const blocks = text.split(/(?<=-----END PUBLIC KEY-----)/).filter((block) => block.trim() !== "");
  const anchors = blocks.map((block) => keyAnchors(`${block.trim()}\n`));
  if (anchors.length === 0 || anchors.includes(undefined)) keys.problem("publicKeys is not public keys in PEM");
  return anchors.map((names) => one(choiceIn("root", names ?? []), ...strength));
}

function one(...literals: readonly Literal[]): readonly Zone[] {
  const zone = toZone(...literals);
  return zone ? [zone] : [];
}

function readCertificates(certificates: Field, { reading, type }: Signed): readonly Zone[] {
  certificates.only("cert", "certChain", "rekor", "ctlog");
  const [cert, chain] = [certificates.at("cert").text() ?? "", certificates.at("certChain").text() ?? ""];
  const strength = readLog(certificates.at("rekor"), { reading, type });
  const anchors = isVariable(cert + chain) ? undefined : certificateAnchors(cert === "" ? chain : cert);
  if (!anchors)
    return one(reading.opaque("certificate", renderNode(certificates.node), certificates.origin), ...strength);
  const isBoth = cert !== "" && chain !== "";
  // Which of two chains ends where is not worked out here: both texts have to stay.
  const both = isBoth ? [reading.opaque("certificate", `${cert}\n${chain}`, certificates.origin)] : [];
  return one(choiceIn("root", anchors), ...both, ...strength);
}

/** The transparency log: required unless it is switched off. */
function readLog(rekor: Field, { reading, type }: Pick<Signed, "reading" | "type">): readonly Literal[] {
  rekor.only("url", "pubkey", "ignoreTlog");
  if (rekor.at("ignoreTlog").flag() === true) return [];
  const key = rekor.at("pubkey").text();
  const anchors = key === undefined || type === "SigstoreBundle" ? [PUBLIC_GOOD] : keyAnchors(key);
  if (!anchors) return [choiceIn("strength:tlog", ["true"]), reading.opaque("key", key ?? "", rekor.origin)];
  return [choiceIn("strength:tlog", ["true"]), choiceIn("log", anchors)];
}

/** Certificate timestamps: Kyverno looks at them unless told not to, and never in bundles. */
function readCtLog(ctlog: Field, { reading, type }: Signed): readonly Literal[] {
  ctlog.only("pubkey", "ignoreSCT", "tsaCertChain");
  const chain = ctlog.at("tsaCertChain").text();
  const tsa = chain === undefined ? [] : [choiceIn("tsa", certificateAnchors(chain) ?? [`tsa:${chain.length}`])];
  if (ctlog.at("ignoreSCT").flag() === true || type === "SigstoreBundle") return tsa;
  const key = ctlog.at("pubkey").text();
  const anchors = key === undefined ? [PUBLIC_GOOD] : keyAnchors(key);
  const log = anchors ? choiceIn("ctlog", anchors) : reading.opaque("key", key ?? "", ctlog.origin);
  return [choiceIn("strength:sct", ["true"]), log, ...tsa];
}

function readKeyless(keyless: Field, signed: Signed): readonly Zone[] {
  keyless.only("issuer", "issuerRegExp", "subject", "subjectRegExp", "roots", "rekor", "ctlog", "additionalExtensions");
  const { reading, type } = signed;
  const strength = [...readLog(keyless.at("rekor"), signed), ...readCtLog(keyless.at("ctlog"), signed)];
  const roots = keyless.at("roots").text();
  const anchors = roots === undefined || type === "SigstoreBundle" ? [PUBLIC_GOOD] : certificateAnchors(roots);
  const root = anchors ? choiceIn("root", anchors) : reading.opaque("roots", roots ?? "", keyless.at("roots").origin);
  const names = [readIssuer(keyless, reading), readSubject(keyless, reading), readExtensions(keyless, reading)];
  return names.includes(undefined) ? [] : one(root, ...names.flatMap((name) => name ?? []), ...strength);
}

/** Issuer: the glob and the expression both hold (`matchCertificateData`). `undefined` where one cannot be loaded. */
function readIssuer(keyless: Field, reading: Reading): readonly Literal[] | undefined {
  const [glob, search] = [keyless.at("issuer").text(), keyless.at("issuerRegExp")];
  const globbed = glob === undefined ? [] : literalOf("issuer", glob, keyless.at("issuer"), reading);
  const pattern = search.text();
  if (pattern === undefined) return globbed;
  const language = reading.language(search, searchText(reading.patterns, pattern));
  return language && [...globbed, textIn("issuer", language)];
}

function literalOf(dimension: string, glob: string, field: Field, reading: Reading): readonly Literal[] {
  if (isVariable(glob)) return [reading.opaque("variable", glob, field.origin)];
  const language = globOf(glob);
  return language ? [textIn(dimension, language)] : [];
}

/** Subject: the glob or the expression, so that one beside the other widens. */
function readSubject(keyless: Field, reading: Reading): readonly Literal[] | undefined {
  const [glob, search] = [keyless.at("subject").text(), keyless.at("subjectRegExp")];
  const pattern = search.text();
  if (glob !== undefined && isVariable(glob)) return literalOf("san", glob, keyless.at("subject"), reading);
  const globbed = glob === undefined ? undefined : globOf(glob);
  const searched = pattern === undefined ? undefined : reading.language(search, searchText(reading.patterns, pattern));
  if (pattern !== undefined && !searched) return undefined;
  const either = anyText([globbed, searched].flatMap((language) => language ?? []));
  return either.ok ? [textIn("san", either.value)] : [];
}

function readExtensions(keyless: Field, reading: Reading): readonly Literal[] {
  return keyless
    .at("additionalExtensions")
    .members()
    .flatMap(([name, field]) => literalOf(`extension:${name}`, field.text() ?? "", field, reading));
}
