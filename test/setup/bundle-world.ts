import type { Bundle, TlogEntry } from "../../src/core/bundle/bundle.ts";
import { octetString } from "../../src/core/asn1/writer.ts";
import { bug } from "../../src/core/bug.ts";
import { toBase64 } from "../../src/core/bytes/base64.ts";
import { concatBytes } from "../../src/core/bytes/bytes.ts";
import { toHex } from "../../src/core/bytes/hex.ts";
import { renderPem } from "../../src/core/bytes/pem.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { sha256, type Sha256 } from "../../src/core/digest.ts";
import { toPae } from "../../src/core/dsse/pae.ts";
import { renderStatement, STATEMENT_PAYLOAD_TYPE } from "../../src/core/dsse/statement.ts";
import { renderCanonicalJson } from "../../src/core/json/canonical.ts";
import type { JsonValue } from "../../src/core/json/json.ts";
import { leafHash, nodeHash, parseTreeSize } from "../../src/core/merkle/tree.ts";
import { renderCheckpoint } from "../../src/core/note/checkpoint.ts";
import { ecdsaKeyId, ed25519KeyId } from "../../src/core/note/key-id.ts";
import { readKeyId, renderSignatureLine } from "../../src/core/note/note.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import type { CompiledTrust, Thresholds } from "../../src/core/trust/compiled-trust.ts";
import type { LogInstance, TrustedRoot } from "../../src/core/trust/trusted-root.ts";
import { toSetBytes } from "../../src/core/verify/judge-set.ts";
import type { Certificate } from "../../src/core/x509/certificate.ts";
import {
  at,
  basicConstraints,
  CODE_SIGNING,
  extendedKeyUsage,
  extension,
  fulcioText,
  keyUsage,
  makeCertificate,
  newPair,
  NOT_BEFORE,
  signWith,
  subjectAltName,
  TIME_STAMPING,
  uri,
  type CertificateRequest,
  type Pair,
} from "./make-certificate.ts";
import { makeTimestamp } from "./make-timestamp.ts";

/**
 * A Sigstore of values: one of each authority, and bundles that it stands for, made part by part so that a test can
 * have exactly one part wrong.
 */
export const keys: Readonly<Record<"ca" | "leaf" | "ct" | "rekor1" | "rekor2" | "tsa" | "other", Pair>> = {
  ca: newPair("P-384"),
  leaf: newPair(),
  ct: newPair(),
  rekor1: newPair(),
  rekor2: newPair("ed25519"),
  tsa: newPair(),
  other: newPair(),
};
export const ISSUER = "https://issuer.example";
export const SAN = "https://kubernetes.io/namespaces/payments/serviceaccounts/builder";
export const IDENTITY = { issuer: ISSUER, san: SAN };
export const ARTIFACT: Uint8Array = toUtf8("what is signed");
/** Seconds; the certificate is valid for ten minutes from `NOT_BEFORE` on. */
export const INTEGRATED: number = at(NOT_BEFORE) / 1000 + 5;
const SINCE = { lo: at("2025-01-01T00:00:00Z") };
const YEAR = { notBefore: "2025-06-01T00:00:00Z", notAfter: "2026-06-01T00:00:00Z" };

export const ca: Certificate = makeCertificate({
  key: keys.ca,
  subject: "ca",
  extensions: [basicConstraints(1), keyUsage(32)],
  ...YEAR,
});
export const tsa: Certificate = makeCertificate({
  key: keys.tsa,
  subject: "tsa",
  issuer: { key: keys.ca, subject: "ca" },
  extensions: [extendedKeyUsage([TIME_STAMPING], true)],
  ...YEAR,
});

const LEAF_EXTENSIONS: readonly Uint8Array[] = [
  keyUsage(1),
  extendedKeyUsage([CODE_SIGNING]),
  subjectAltName([uri(SAN)]),
  fulcioText(8, ISSUER),
];
const u = (octets: number, value: number): Uint8Array =>
  Uint8Array.from({ length: octets }, (_, i) => Math.floor(value / 256 ** (octets - 1 - i)) % 256);
const vector = (bytes: Uint8Array): Uint8Array => concatBytes([u(2, bytes.length), bytes]);

export type LeafRequest = {
  readonly key?: Pair;
  readonly extensions?: readonly Uint8Array[];
  readonly request?: Partial<CertificateRequest>;
  /** The CT logs that signed; a log that promises for another key gives a bad SCT. */
  readonly scts?: readonly { readonly id: Pair; readonly signer: Pair; readonly at?: string }[];
};

/** A leaf as Fulcio issues it. The SCT's issuer is the key that signs the leaf. */
export function makeLeaf({
  key = keys.leaf,
  extensions = LEAF_EXTENSIONS,
  request = {},
  scts,
}: LeafRequest = {}): Certificate {
  const base: CertificateRequest = {
    key,
    subject: "leaf",
    issuer: { key: keys.ca, subject: "ca" },
    extensions,
    ...request,
  };
  const { tbs } = makeCertificate(base);
  const issuer = base.issuer?.key ?? key;
  const list = (scts ?? [{ id: keys.ct, signer: keys.ct }]).map((log) => {
    const time = u(8, at(log.at ?? NOT_BEFORE));
    const parts = [u(2, 0), time, u(2, 1), sha256(issuer.spki), u(3, tbs.length), tbs, u(2, 0)];
    const signature = vector(signWith(log.signer, concatBytes(parts)));
    return vector(concatBytes([u(1, 0), sha256(log.id.spki), time, u(2, 0), Uint8Array.of(4, 3), signature]));
  });
  if (list.length === 0) return makeCertificate(base);
  const sct = extension("1.3.6.1.4.1.11129.2.4.2", octetString(vector(concatBytes(list))));
  return makeCertificate({ ...base, extensions: [...(base.extensions ?? []), sct] });
}

export const leaf: Certificate = makeLeaf();

const log = (baseUrl: string, pair: Pair, logId: Uint8Array, keyDetails: string): LogInstance => ({
  baseUrl,
  hashAlgorithm: "SHA2_256",
  key: pair.spki,
  keyDetails,
  validFor: SINCE,
  logId,
  operator: "",
});
export const REKOR1: LogInstance = log(
  "https://rekor1.example",
  keys.rekor1,
  ecdsaKeyId(keys.rekor1.spki),
  "PKIX_ECDSA_P256_SHA_256",
);
export const REKOR2: LogInstance = log(
  "https://rekor2.example",
  keys.rekor2,
  ed25519KeyId("rekor2.example", keys.rekor2.spki.subarray(-32)),
  "PKIX_ED25519",
);
export const CTLOG: LogInstance = log("https://ct.example", keys.ct, sha256(keys.ct.spki), "PKIX_ECDSA_P256_SHA_256");

export const ROOT: TrustedRoot = {
  trustId: sha256(toUtf8("root")),
  tlogs: [REKOR1, REKOR2],
  certificateAuthorities: [{ uri: "https://fulcio.example", chain: [ca.der], validFor: SINCE, operator: "" }],
  ctlogs: [CTLOG],
  timestampAuthorities: [{ uri: "https://tsa.example", chain: [tsa.der, ca.der], validFor: SINCE, operator: "" }],
};

export function trusting(change: Partial<TrustedRoot> = {}, thresholds: Partial<Thresholds> = {}): CompiledTrust {
  const trust = compileTrust({ ...ROOT, ...change }, { thresholds });
  return trust.ok ? trust.value : bug(`${trust.code} ${trust.detail}`);
}

export const signArtifact = (key: Pair = keys.leaf): Uint8Array => signWith(key, ARTIFACT);

export const STATEMENT = {
  subjects: [{ name: "app", digests: { sha256: toHex(sha256(ARTIFACT)) } }],
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: {},
};

/** What a log is told: the canonical bodies of hashedrekord and dsse, for a certificate or a bare key. */
type Verifier = Certificate | Pair;
const isCertificate = (verifier: Verifier): verifier is Certificate => "der" in verifier;
const pemOf = (verifier: Verifier): string => {
  const pem = isCertificate(verifier) ? renderPem("CERTIFICATE", verifier.der) : renderPem("PUBLIC KEY", verifier.spki);
  return toBase64(toUtf8(pem));
};
const body = (kind: string, apiVersion: string, spec: JsonValue): Uint8Array =>
  toUtf8(renderCanonicalJson({ kind, apiVersion, spec }));
const hexHash = (digest: Uint8Array): JsonValue => ({ algorithm: "sha256", value: toHex(digest) });

export const bodies = {
  hashedrekord1: (
    signature: Uint8Array,
    digest: Uint8Array = sha256(ARTIFACT),
    verifier: Verifier = leaf,
  ): Uint8Array =>
    body("hashedrekord", "0.0.1", {
      data: { hash: hexHash(digest) },
      signature: { content: toBase64(signature), publicKey: { content: pemOf(verifier) } },
    }),
  dsse1: (signature: Uint8Array, payload: Uint8Array, verifier: Verifier = leaf): Uint8Array =>
    body("dsse", "0.0.1", {
      envelopeHash: hexHash(sha256(payload)),
      payloadHash: hexHash(sha256(payload)),
      signatures: [{ signature: toBase64(signature), verifier: pemOf(verifier) }],
    }),
  /** As `dsse1`, with a signature by somebody else before it. */
  dsse1Twice: (signature: Uint8Array, payload: Uint8Array): Uint8Array =>
    body("dsse", "0.0.1", {
      envelopeHash: hexHash(sha256(payload)),
      payloadHash: hexHash(sha256(payload)),
      signatures: [
        { signature: toBase64(signature.map((byte) => byte ^ 1)), verifier: pemOf(keys.other) },
        { signature: toBase64(signature), verifier: pemOf(leaf) },
      ],
    }),
  intoto1: (envelope: Uint8Array): Uint8Array =>
    body("intoto", "0.0.1", { content: { hash: hexHash(sha256(envelope)) }, publicKey: pemOf(leaf) }),
  hashedrekord2: (
    signature: Uint8Array,
    digest: Uint8Array = sha256(ARTIFACT),
    keyDetails = "PKIX_ECDSA_P256_SHA_256",
  ): Uint8Array =>
    body("hashedrekord", "0.0.2", {
      hashedRekordV002: {
        data: { algorithm: "SHA2_256", digest: toBase64(digest) },
        signature: {
          content: toBase64(signature),
          verifier: { keyDetails, x509Certificate: { rawBytes: toBase64(leaf.der) } },
        },
      },
    }),
};

/** A note with the signatures of some keys; `name` is the log's. */
export function makeNote(
  text: string,
  lines: readonly { readonly name: string; readonly id: Uint8Array; readonly key: Pair }[],
): string {
  const signatures = lines.map(({ name, id, key }) =>
    renderSignatureLine({ name, keyId: readKeyId(id), signature: signWith(key, toUtf8(text)) }),
  );
  return `${text}\n${signatures.join("")}`;
}

/** A tree of two leaves, the entry at index 1; the promise is about another, global index. */
export function rekor1Entry(canonicalizedBody: Uint8Array, change: Partial<TlogEntry> = {}): TlogEntry {
  const { kind, apiVersion } = JSON.parse(new TextDecoder().decode(canonicalizedBody)) as {
    kind: string;
    apiVersion: string;
  };
  const entry: TlogEntry = {
    logIndex: 1001,
    logId: REKOR1.logId,
    kind,
    apiVersion,
    integratedTime: INTEGRATED,
    canonicalizedBody,
    inclusionProof: makeProof(canonicalizedBody, "rekor1.example - 42", [
      { name: "rekor1.example", id: REKOR1.logId, key: keys.rekor1 },
    ]),
    ...change,
  };
  return { signedEntryTimestamp: signWith(keys.rekor1, toSetBytes(entry)), ...entry };
}

export function rekor2Entry(canonicalizedBody: Uint8Array, change: Partial<TlogEntry> = {}): TlogEntry {
  const { kind, apiVersion } = JSON.parse(new TextDecoder().decode(canonicalizedBody)) as {
    kind: string;
    apiVersion: string;
  };
  const lines = [{ name: "rekor2.example", id: REKOR2.logId, key: keys.rekor2 }];
  return {
    logIndex: 1,
    logId: REKOR2.logId,
    kind,
    apiVersion,
    integratedTime: 0,
    canonicalizedBody,
    inclusionProof: makeProof(canonicalizedBody, "rekor2.example", lines),
    ...change,
  };
}

export function makeProof(
  canonicalizedBody: Uint8Array,
  origin: string,
  lines: Parameters<typeof makeNote>[1],
): NonNullable<TlogEntry["inclusionProof"]> & { readonly rootHash: Sha256 } {
  const sibling = leafHash(toUtf8("another entry"));
  const rootHash = nodeHash(sibling, leafHash(canonicalizedBody));
  const size = parseTreeSize(2) ?? bug("a size");
  const checkpoint = makeNote(renderCheckpoint({ origin, size, root: rootHash, extensions: [] }), lines);
  return { logIndex: 1, rootHash, treeSize: 2, hashes: [sibling], checkpoint };
}

export const stamp = (signature: Uint8Array, genTime?: string): Uint8Array =>
  makeTimestamp({ signature, signer: { key: keys.tsa, certificate: tsa }, ...(genTime !== undefined && { genTime }) });

/** Bundles that must pass, one for each way evidence can be had. */
export function messageBundle(generation: "rekor1" | "rekor2", signer: Certificate = leaf): Bundle {
  const signature = signArtifact();
  const entry =
    generation === "rekor1"
      ? rekor1Entry(bodies.hashedrekord1(signature, sha256(ARTIFACT), signer))
      : rekor2Entry(bodies.hashedrekord2(signature));
  return {
    version: "0.3",
    key: { kind: "certificate", leaf: signer.der, chain: [] },
    entries: [entry],
    timestamps: generation === "rekor1" ? [] : [stamp(signature)],
    content: { kind: "message", signature, digest: { algorithm: "sha256", bytes: sha256(ARTIFACT) } },
  };
}

export function statementBundle(generation: "rekor1" | "rekor2", statement: Partial<typeof STATEMENT> = {}): Bundle {
  const payload = renderStatement({ ...STATEMENT, ...statement });
  const pae = toPae(STATEMENT_PAYLOAD_TYPE, payload);
  const signature = signWith(keys.leaf, pae);
  const entry =
    generation === "rekor1"
      ? rekor1Entry(bodies.dsse1(signature, payload))
      : rekor2Entry(bodies.hashedrekord2(signature, sha256(pae)));
  return {
    version: "0.3",
    key: { kind: "certificate", leaf: leaf.der, chain: [] },
    entries: [entry],
    timestamps: generation === "rekor1" ? [] : [stamp(signature)],
    content: { kind: "dsse", payload, payloadType: STATEMENT_PAYLOAD_TYPE, signature, keyid: "" },
  };
}

export function keyBundle(): Bundle {
  const signature = signArtifact();
  return {
    version: "0.3",
    key: { kind: "public-key", hint: "" },
    entries: [rekor1Entry(bodies.hashedrekord1(signature, sha256(ARTIFACT), keys.leaf))],
    timestamps: [],
    content: { kind: "message", signature },
  };
}
