import { describe, expect, test } from "vitest";
import {
  ARTIFACT,
  bodies,
  INTEGRATED,
  keys,
  REKOR1,
  REKOR2,
  ROOT,
  stamp,
  trusting,
} from "../../../test/setup/bundle-world.ts";
import {
  type Change,
  m1,
  m2,
  entryOf,
  withEntry,
  withProof,
  withoutSet,
  flipped,
  reasonOf,
  resigned,
  proofOfOther,
  bothLogs,
  POLICY,
  proofOf,
  withoutProof,
  withoutCheckpoint,
} from "../../../test/setup/judge-world.ts";
import { at } from "../../../test/setup/make-certificate.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { sha256 } from "../digest.ts";

describe("judgeEvidence fails", () => {
  test.each<[string, Change, string]>([
    // Step 8: timestamps.
    [
      "a timestamp of another signature",
      { bundle: { ...m2, timestamps: [stamp(flipped(m2.content.signature))] } },
      "tst-imprint",
    ],
    [
      "a timestamp of an authority that nobody knows",
      { trust: trusting({ timestampAuthorities: [] }), bundle: m2 },
      "tst-unknown-authority",
    ],
    [
      "a good timestamp beside a bad one",
      { bundle: { ...m2, timestamps: [...m2.timestamps, stamp(ARTIFACT)] } },
      "tst-imprint",
    ],
    ["a timestamp that is none", { bundle: { ...m2, timestamps: [toUtf8("x")] } }, "der-truncated"],
    [
      "a timestamp before its authority's time",
      {
        bundle: m2,
        trust: trusting({
          timestampAuthorities: ROOT.timestampAuthorities.map((one) => ({
            ...one,
            validFor: { lo: at("2026-01-02T00:00:00Z") },
          })),
        }),
      },
      "tst-authority-expired",
    ],
    // Step 9: promises.
    ["an entry of a log that nobody knows", { bundle: withEntry(m1, { logId: new Uint8Array(32) }) }, "log-unknown"],
    ["a promise of another time", { bundle: withEntry(m1, { integratedTime: INTEGRATED + 1 }) }, "set-signature"],
    ["a promise of another index", { bundle: withEntry(m1, { logIndex: 1002 }) }, "set-signature"],
    [
      "a promise of another body",
      { bundle: withEntry(m1, { canonicalizedBody: bodies.hashedrekord1(flipped(m1.content.signature)) }) },
      "set-signature",
    ],
    [
      "a promise after the log's time",
      { trust: trusting({ tlogs: [{ ...REKOR1, validFor: { ...REKOR1.validFor, hi: at("2026-01-01T00:00:04Z") } }] }) },
      "log-key-expired",
    ],
    [
      "a promise of a time beyond the calendar",
      { bundle: withEntry(m1, { integratedTime: Number.MAX_SAFE_INTEGER }) },
      "log-key-expired",
    ],
    [
      "an entry without promise after the log's time",
      {
        bundle: m2,
        trust: trusting({ tlogs: [{ ...REKOR2, validFor: { ...REKOR2.validFor, hi: at("2026-01-01T00:00:04Z") } }] }),
      },
      "log-key-expired",
    ],
    // Step 10: proofs.
    ["a checkpoint that is none", { bundle: withProof(m1, { checkpoint: "x" }) }, "checkpoint-syntax"],
    [
      "a checkpoint that nobody signed",
      {
        bundle: withProof(m1, {
          checkpoint: "rekor1.example - 42\n2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        }),
      },
      "checkpoint-signatures",
    ],
    [
      "a checkpoint that a stranger signed",
      { bundle: withProof(m1, { checkpoint: resigned(m1, keys.other, sha256(keys.other.spki), "rekor1.example") }) },
      "checkpoint-unknown-log",
    ],
    [
      "a checkpoint that a stranger signed in the log's name",
      { bundle: withProof(m1, { checkpoint: resigned(m1, keys.other, REKOR1.logId, "rekor1.example") }) },
      "checkpoint-signature",
    ],
    [
      "the checkpoint of a Rekor v2 under a longer name",
      { bundle: withProof(m2, { checkpoint: resigned(m2, keys.rekor2, REKOR2.logId, "rekor2.example.") }) },
      "checkpoint-unknown-log",
    ],
    [
      "the checkpoint of a Rekor v2 under a shorter name",
      { bundle: withProof(m2, { checkpoint: resigned(m2, keys.rekor2, REKOR2.logId, "rekor2") }) },
      "checkpoint-unknown-log",
    ],
    [
      "the checkpoint of another known log",
      { bundle: withEntry(m1, { inclusionProof: proofOfOther() }) },
      "checkpoint-log-mismatch",
    ],
    [
      "a proof for another root than the checkpoint's",
      { bundle: withProof(m1, { rootHash: new Uint8Array(32) }) },
      "checkpoint-root-mismatch",
    ],
    [
      "a proof for another size than the checkpoint's",
      { bundle: withProof(m1, { treeSize: 3 }) },
      "checkpoint-root-mismatch",
    ],
    ["a proof of another place", { bundle: withProof(m1, { logIndex: 0 }) }, "inclusion-proof"],
    ["a proof of a place beyond the tree", { bundle: withProof(m1, { logIndex: 2 }) }, "proof-index"],
    ["a proof without hashes", { bundle: withProof(m1, { hashes: [] }) }, "proof-length"],
    [
      "a proof with a hash too much",
      { bundle: withProof(m1, { hashes: [...proofOf(m1).hashes, new Uint8Array(32)] }) },
      "proof-length",
    ],
    [
      "a proof with a short hash beside the right ones",
      { bundle: withProof(m1, { hashes: [...proofOf(m1).hashes, new Uint8Array(31)] }) },
      "proof-length",
    ],
    [
      "a Rekor v2 entry that shows another index than the proof",
      { bundle: withEntry(m2, { logIndex: 2 }) },
      "log-index-mismatch",
    ],
    [
      "an entry of a known log with nothing to show",
      { bundle: { ...withoutSet(m1), entries: [withoutProof(entryOf(withoutSet(m1)))] } },
      "proof-missing",
    ],
    [
      "an entry with a proof that no checkpoint covers, and a timestamp",
      { bundle: { ...m2, entries: [withoutCheckpoint(entryOf(m2))] } },
      "proof-missing",
    ],
    // Step 11: enough.
    ["no entry", { bundle: { ...m1, entries: [], timestamps: [stamp(m1.content.signature)] } }, "entry-missing"],
    [
      "no entry, though the policy does without",
      {
        bundle: { ...m1, entries: [], timestamps: [stamp(m1.content.signature)] },
        policy: { ...POLICY, thresholds: { log: 0 } },
      },
      "entry-missing",
    ],
    ["one log where two are needed", { policy: { ...POLICY, thresholds: { log: 2 } } }, "entry-missing"],
    [
      "two logs of one operator where two are needed",
      {
        bundle: bothLogs(),
        trust: trusting({ tlogs: [REKOR1, REKOR2].map((one) => ({ ...one, operator: "one" })) }),
        policy: { ...POLICY, thresholds: { log: 2 } },
      },
      "entry-missing",
    ],
    ["one entry twice", { bundle: { ...m1, entries: [entryOf(m1), entryOf(m1)] } }, "entry-duplicate"],
    [
      "a time that no promise covers",
      { bundle: withEntry(withoutSet(m1), { integratedTime: INTEGRATED }) },
      "time-missing",
    ],
    ["a Rekor v2 entry without timestamp", { bundle: { ...m2, timestamps: [] } }, "time-missing"],
    [
      "a Rekor v2 entry without timestamp beside a dated one",
      { bundle: { ...bothLogs(), timestamps: [] } },
      "time-missing",
    ],
    ["one time where two are needed", { policy: { ...POLICY, thresholds: { time: 2 } } }, "time-missing"],
    [
      "one authority twice where two times are needed",
      {
        bundle: {
          ...m2,
          timestamps: [stamp(m2.content.signature), stamp(m2.content.signature, "2026-01-01T00:00:06Z")],
        },
        policy: { ...POLICY, thresholds: { time: 2 } },
      },
      "time-missing",
    ],
  ])("%s", (_, change, reason) => {
    expect(reasonOf(change)).toBe(reason);
  });
});
