import { describe, expect, test } from "vitest";
import {
  ca,
  IDENTITY,
  INTEGRATED,
  keyBundle,
  keys,
  leaf,
  makeLeaf,
  REKOR1,
  ROOT,
  SAN,
  stamp,
  trusting,
} from "../../../test/setup/bundle-world.ts";
import {
  type Change,
  KEY,
  BY_KEY,
  m1,
  m2,
  s1,
  s2,
  entryOf,
  proofOf,
  withEntry,
  withProof,
  signedBy,
  digest,
  judge,
  reasonOf,
  withoutProof,
  withChain,
  cosigned,
  viaIntermediate,
  POLICY,
  withoutSet,
} from "../../../test/setup/judge-world.ts";
import { at, basicConstraints, keyUsage, makeCertificate } from "../../../test/setup/make-certificate.ts";
import { bug } from "../bug.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { toSetBytes } from "./judge-set.ts";
import type { VerifyPolicy } from "./policy.ts";

const otherCa = makeCertificate({
  key: keys.other,
  subject: "other ca",
  extensions: [basicConstraints(0), keyUsage(32)],
});

describe("judgeEvidence passes", () => {
  test.each<[string, Change]>([
    ["an artifact on Rekor v1", {}],
    ["an artifact on Rekor v2 with a timestamp", { bundle: m2 }],
    ["an attestation on Rekor v1", { bundle: s1 }],
    ["an attestation on Rekor v2", { bundle: s2 }],
    ["an attestation by its subject's digest", { bundle: s1, artifact: digest("sha256") }],
    [
      "an attestation of the type asked for",
      { bundle: s1, policy: { ...POLICY, predicateType: "https://slsa.dev/provenance/v1" } },
    ],
    ["a bare key", { bundle: keyBundle(), policy: BY_KEY }],
    [
      "a bare key that was good",
      { bundle: keyBundle(), policy: { key: KEY, keyValidFor: { lo: at("2025-12-31T00:00:00Z") } } },
    ],
    ["an identity by a predicate", { policy: { identity: ({ san }) => san === SAN } }],
    ["an identity by its type too", { policy: { identity: { ...IDENTITY, sanType: "uri" } } }],
    ["a promise without a proof, in v0.1", { bundle: { ...m1, version: "0.1", entries: [withoutProof(entryOf(m1))] } }],
    ["a promise and a timestamp", { bundle: { ...m1, timestamps: [stamp(m1.content.signature)] } }],
    ["no message digest", { bundle: { ...m1, content: { kind: "message", signature: m1.content.signature } } }],
    ["a witness beside the log, and before it", { bundle: withProof(m2, { checkpoint: cosigned() }) }],
    [
      "an unknown log beside a known one",
      { bundle: { ...m1, entries: [{ ...entryOf(m1), logId: new Uint8Array(32) }, entryOf(m1)] } },
    ],
    [
      "no SCT, in a domain without CT logs",
      { bundle: signedBy(makeLeaf({ scts: [] })), trust: trusting({ ctlogs: [] }, { sct: 0 }) },
    ],
    [
      "a timestamp alone, in a domain without logs",
      { bundle: { ...m2, entries: [] }, trust: trusting({ tlogs: [] }, { log: 0 }) },
    ],
    ["an untrusted intermediate under the CA", { bundle: viaIntermediate() }],
    [
      "a log that the trusted root lists once for each period",
      {
        trust: trusting({
          tlogs: [
            { ...REKOR1, validFor: { ...REKOR1.validFor, hi: at("2026-01-01T00:00:00Z") } },
            { ...REKOR1, validFor: { lo: at("2026-01-01T00:00:01Z") } },
          ],
        }),
      },
    ],
    [
      "a root in a chain that another CA of the trusted root holds, dropped by the profile",
      {
        bundle: withChain([otherCa.der]),
        policy: { ...POLICY, profile: "legacy-chain" },
        trust: trusting({
          certificateAuthorities: [
            ...ROOT.certificateAuthorities,
            {
              uri: "https://other.example",
              chain: [otherCa.der],
              validFor: { lo: at("2025-01-01T00:00:00Z") },
              operator: "",
            },
          ],
        }),
      },
    ],
    ["a root in a detached chain, dropped", { bundle: { ...withChain([ca.der]), version: "detached" } }],
    [
      "a root in a chain, where the trusted root holds it and the profile drops it",
      { bundle: withChain([ca.der]), policy: { ...POLICY, profile: "legacy-chain" } },
    ],
  ])("%s", (_, change) => {
    expect(judge(change).verdict).toEqual({ kind: "pass" });
  });

  test("an SCT and a timestamp of strangers beside good ones, and lists them", () => {
    const certificate = makeLeaf({
      scts: [
        { id: keys.other, signer: keys.other },
        { id: keys.ct, signer: keys.ct },
      ],
    });
    const { verdict, facts } = judge({ bundle: signedBy(certificate) });
    expect(verdict).toEqual({ kind: "pass" });
    expect(facts.ignored).toMatchObject([{ what: "sct" }]);
  });

  test("and says what it has proven", () => {
    const { facts } = judge({ bundle: { ...s1, timestamps: [stamp(s1.content.signature)] } });
    expect(facts).toMatchObject({
      trustId: ROOT.trustId,
      identity: { ...IDENTITY, sanType: "uri" },
      issuedBy: "https://fulcio.example",
      times: [
        { source: "tsa", by: "https://tsa.example" },
        { source: "log", by: "https://rekor1.example", at: INTEGRATED * 1000 },
      ],
      entries: [
        {
          log: "https://rekor1.example",
          logIndex: 1001,
          isIndexProven: true,
          hasSet: true,
          inclusion: { index: 1, treeSize: 2, origin: "rekor1.example - 42" },
        },
      ],
      statement: { predicateType: "https://slsa.dev/provenance/v1" },
      ignored: [],
    });
    expect(facts.extensions.get(8)).toBe(IDENTITY.issuer);
  });

  test("an entry that a Rekor v1 proves and a timestamp dates, without calling its index proven", () => {
    const bundle = { ...withoutSet(m1), timestamps: [stamp(m1.content.signature)] };
    const { verdict, facts } = judge({ bundle });
    expect(verdict).toEqual({ kind: "pass" });
    expect(facts.entries).toMatchObject([{ isIndexProven: false, hasSet: false }]);
  });
});

describe("judgeEvidence fails", () => {
  test("the first thing wrong alone, and everything where it is asked to explain", () => {
    const change = {
      bundle: withEntry(m1, { integratedTime: INTEGRATED + 1 }),
      artifact: { kind: "bytes", bytes: toUtf8("another") },
    } as const;
    expect(judge(change).verdict).toMatchObject({ reasons: [{ reason: "set-signature" }] });
    const explained = judge({ ...change, policy: { ...POLICY, explain: true } });
    expect(explained.verdict).toMatchObject({ kind: "fail" });
    const reasons = explained.verdict.kind === "fail" ? explained.verdict.reasons.map(({ reason }) => reason) : [];
    expect(reasons).toEqual(["set-signature", "entry-missing", "message-digest-mismatch"]);
    expect(explained.facts.times).toEqual([]);
  });

  test("by stopping, where a policy names nobody", () => {
    expect(() => judge({ policy: {} as VerifyPolicy })).toThrow("names no signer");
  });

  test("without a signer all the same, where it is asked to explain", () => {
    const { verdict, facts } = judge({ bundle: keyBundle(), policy: { ...POLICY, explain: true } });
    expect(verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "key-required" }] });
    expect(facts.times).toHaveLength(1);
  });

  test("whatever one bit is flipped in what is signed or proven", () => {
    const bundle: Bundle = { ...m1, timestamps: [stamp(m1.content.signature)] };
    const entry = entryOf(bundle);
    const places: readonly (readonly [Uint8Array, (bytes: Uint8Array) => Bundle])[] = [
      [leaf.der, (bytes) => ({ ...bundle, key: { kind: "certificate", leaf: bytes, chain: [] } })],
      [entry.logId, (logId) => withEntry(bundle, { logId })],
      [entry.canonicalizedBody, (canonicalizedBody) => withEntry(bundle, { canonicalizedBody })],
      [
        entry.signedEntryTimestamp ?? bug("no SET"),
        (signedEntryTimestamp) => withEntry(bundle, { signedEntryTimestamp }),
      ],
      [proofOf(bundle).rootHash, (rootHash) => withProof(bundle, { rootHash })],
      [proofOf(bundle).hashes[0] ?? bug("no hash"), (hash) => withProof(bundle, { hashes: [hash] })],
      [bundle.timestamps[0] ?? bug("no timestamp"), (timestamp) => ({ ...bundle, timestamps: [timestamp] })],
      [bundle.content.signature, (signature) => ({ ...bundle, content: { ...bundle.content, signature } })],
    ];
    const accepted: string[] = [];
    for (const [place, [bytes, put]] of places.entries()) {
      for (let i = 0; i < bytes.length; i += Math.max(1, bytes.length >> 4)) {
        const changed = bytes.map((byte, index) => (index === i ? byte ^ 4 : byte));
        if (reasonOf({ bundle: put(changed) }) === "pass") accepted.push(`${place}, byte ${i}`);
      }
    }
    expect(accepted).toEqual([]);
  });
});

test("toSetBytes is the canonical JSON of four members", () => {
  const text = new TextDecoder().decode(toSetBytes({ ...entryOf(m1), canonicalizedBody: Uint8Array.of(255) }));
  expect(text).toBe(
    `{"body":"/w==","integratedTime":${INTEGRATED},"logID":"${toHex(entryOf(m1).logId)}","logIndex":1001}`,
  );
});
