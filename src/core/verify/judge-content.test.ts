import { describe, expect, test } from "vitest";
import {
  ARTIFACT,
  bodies,
  keyBundle,
  keys,
  makeLeaf,
  rekor1Entry,
  rekor2Entry,
  signArtifact,
  statementBundle,
} from "../../../test/setup/bundle-world.ts";
import {
  type Change,
  BY_KEY,
  m1,
  m2,
  s1,
  entryOf,
  digest,
  reasonOf,
  POLICY,
  judge,
  withoutProof,
} from "../../../test/setup/judge-world.ts";
import { newPair, signWith } from "../../../test/setup/make-certificate.ts";
import { bug } from "../bug.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256 } from "../digest.ts";
import type { Artifact } from "./artifact.ts";

const keyed = keyBundle();
const ENVELOPE = toUtf8(`{"payload":"…"}`);

/** Signed with P-384 and SHA-384, logged with SHA-256. */
function p384Bundle(): Bundle {
  const key = newPair("P-384");
  const certificate = makeLeaf({ key });
  const signature = signArtifact(key);
  return {
    ...m1,
    key: { kind: "certificate", leaf: certificate.der, chain: [] },
    entries: [rekor1Entry(bodies.hashedrekord1(signature, sha256(ARTIFACT), certificate))],
    content: { kind: "message", signature },
  };
}

/** `.att` of the layout before bundles: the log holds the hash of one envelope, the layer is perhaps another. */
function olderAttestation(logged: Uint8Array, stored?: Uint8Array): Bundle {
  const content = { ...s1.content, ...(stored && { envelope: stored }) } as Bundle["content"];
  return { ...s1, version: "detached", entries: [withoutProof(rekor1Entry(bodies.intoto1(logged)))], content };
}

describe("judgeEvidence passes", () => {
  test.each<[string, Change]>([
    [
      "an attestation logged with somebody else's signature beside it",
      { bundle: { ...s1, entries: [rekor1Entry(bodies.dsse1Twice(s1.content.signature, payloadOf(s1)))] } },
    ],
    [
      "an older attestation whose envelope is the one that was logged",
      { bundle: olderAttestation(ENVELOPE, ENVELOPE) },
    ],
    ["a P-384 key over its own digest or over the older one", { bundle: p384Bundle() }],
  ])("%s", (_, change) => {
    expect(judge(change).verdict).toEqual({ kind: "pass" });
  });
});

function payloadOf({ content }: Bundle): Uint8Array {
  return content.kind === "dsse" ? content.payload : bug("not an envelope");
}

describe("judgeEvidence fails", () => {
  test.each<[string, Change, string]>([
    // Step 15: what.
    ["another artifact", { artifact: { kind: "bytes", bytes: toUtf8("another") } }, "message-digest-mismatch"],
    [
      "another artifact, without message digest",
      {
        bundle: { ...m1, content: { kind: "message", signature: m1.content.signature } },
        artifact: { kind: "bytes", bytes: toUtf8("another") },
      },
      "signature",
    ],
    [
      "a digest that was not signed",
      { artifact: { ...digest("sha384"), verifyPrehashed: () => true } as Artifact },
      "artifact-required",
    ],
    ["a digest without means to verify over it", { artifact: digest("sha256") }, "artifact-required"],
    [
      "a digest over which the signature is not good",
      { artifact: { ...digest("sha256"), verifyPrehashed: () => false } as Artifact },
      "signature",
    ],
    [
      "an envelope signed by another",
      { bundle: { ...s1, content: { ...s1.content, signature: signWith(keys.other, ARTIFACT) } } },
      "signature",
    ],
    // Step 16: an attestation of what.
    [
      "an envelope that holds no statement",
      { bundle: { ...s1, content: { ...s1.content, payloadType: "application/json" } as Bundle["content"] } },
      "dsse-payload-type",
    ],
    [
      "an attestation of another artifact",
      { bundle: s1, artifact: { kind: "bytes", bytes: toUtf8("another") } },
      "subject-mismatch",
    ],
    ["an attestation without subjects", { bundle: statementBundle("rekor1", { subjects: [] }) }, "subject-mismatch"],
    [
      "an attestation of another type",
      { bundle: s1, policy: { ...POLICY, predicateType: "https://slsa.dev/provenance/v0.2" } },
      "predicate-type-mismatch",
    ],
    [
      "an attestation of a longer type",
      { bundle: s1, policy: { ...POLICY, predicateType: "https://slsa.dev/provenance/v" } },
      "predicate-type-mismatch",
    ],
    // Step 17: which the log knows of.
    [
      "an entry of another signature of the same artifact",
      { bundle: { ...m1, entries: [rekor1Entry(bodies.hashedrekord1(signArtifact()))] } },
      "entry-body-mismatch",
    ],
    [
      "an entry of another artifact",
      { bundle: { ...m1, entries: [rekor1Entry(bodies.hashedrekord1(m1.content.signature, sha256(toUtf8("x"))))] } },
      "entry-body-mismatch",
    ],
    [
      "an entry of another certificate of the same key",
      {
        bundle: {
          ...m1,
          entries: [
            rekor1Entry(
              bodies.hashedrekord1(m1.content.signature, sha256(ARTIFACT), makeLeaf({ request: { serial: 5 } })),
            ),
          ],
        },
      },
      "entry-body-mismatch",
    ],
    [
      "an entry of the bare key of a certificate",
      {
        bundle: {
          ...m1,
          entries: [rekor1Entry(bodies.hashedrekord1(m1.content.signature, sha256(ARTIFACT), keys.leaf))],
        },
      },
      "entry-body-mismatch",
    ],
    [
      "an entry of a certificate of a bare key",
      { bundle: { ...keyBundle(), entries: m1.entries, content: m1.content }, policy: BY_KEY },
      "entry-body-mismatch",
    ],
    [
      "an entry of another bare key",
      {
        bundle: {
          ...keyBundle(),
          entries: [rekor1Entry(bodies.hashedrekord1(keyed.content.signature, sha256(ARTIFACT), keys.other))],
          content: keyed.content,
        },
        policy: BY_KEY,
      },
      "entry-body-mismatch",
    ],
    [
      "an entry whose body names no kind",
      { bundle: { ...m1, entries: [rekor1Entry(toUtf8("[]"), { kind: "hashedrekord", apiVersion: "0.0.1" })] } },
      "entry-body-syntax",
    ],
    [
      "an entry of a digest that the given one says nothing of",
      { bundle: p384Bundle(), artifact: { ...digest("sha384"), verifyPrehashed: () => true } as Artifact },
      "artifact-required",
    ],
    [
      "an older attestation whose envelope was stored otherwise",
      { bundle: olderAttestation(toUtf8("{}"), ENVELOPE) },
      "entry-body-mismatch",
    ],
    ["an older attestation whose envelope is not at hand", { bundle: olderAttestation(ENVELOPE) }, "artifact-required"],
    [
      "an entry of a kind that stands for other content",
      { bundle: { ...m1, entries: [rekor1Entry(bodies.dsse1(m1.content.signature, ARTIFACT))] } },
      "entry-body-mismatch",
    ],
    [
      "a Rekor v1 hashedrekord for an envelope",
      { bundle: { ...s1, entries: [rekor1Entry(bodies.hashedrekord1(s1.content.signature))] } },
      "entry-body-mismatch",
    ],
    [
      "a Rekor v2 entry with the details of another key",
      {
        bundle: {
          ...m2,
          entries: [rekor2Entry(bodies.hashedrekord2(m2.content.signature, sha256(ARTIFACT), "PKIX_ED25519"))],
        },
      },
      "entry-body-mismatch",
    ],
    [
      "an entry that is another kind inside",
      { bundle: { ...m1, entries: [rekor1Entry(entryOf(m1).canonicalizedBody, { kind: "dsse" })] } },
      "entry-kind-mismatch",
    ],
    [
      "an entry that is another version inside",
      { bundle: { ...m1, entries: [rekor1Entry(entryOf(m1).canonicalizedBody, { apiVersion: "0.0.2" })] } },
      "entry-kind-mismatch",
    ],
    [
      "an entry of an unknown kind",
      { bundle: { ...m1, entries: [rekor1Entry(toUtf8(`{"apiVersion":"0.0.1","kind":"rekord","spec":{}}`))] } },
      "entry-kind-unsupported",
    ],
    [
      "a good entry beside one of another signature",
      { bundle: { ...m1, entries: [entryOf(m1), rekor1Entry(bodies.hashedrekord1(signArtifact()), { logIndex: 7 })] } },
      "entry-body-mismatch",
    ],
  ])("%s", (_, change, reason) => {
    expect(reasonOf(change)).toBe(reason);
  });
});
