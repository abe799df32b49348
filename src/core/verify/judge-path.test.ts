import { describe, expect, test } from "vitest";
import { keys, makeLeaf, ROOT, stamp, trusting } from "../../../test/setup/bundle-world.ts";
import { type Change, m1, signedBy, reasonOf, viaIntermediate, POLICY } from "../../../test/setup/judge-world.ts";
import { at, keyUsage } from "../../../test/setup/make-certificate.ts";

describe("judgeEvidence fails", () => {
  test.each<[string, Change, string]>([
    // Step 12: by which CA.
    [
      "a certificate of a CA that nobody knows",
      { bundle: signedBy(makeLeaf({ request: { issuer: { key: keys.other, subject: "another" } } })) },
      "cert-unknown-issuer",
    ],
    [
      "a certificate forged in the CA's name",
      { bundle: signedBy(makeLeaf({ request: { issuer: { key: keys.other, subject: "ca" } } })) },
      "cert-signature",
    ],
    [
      "a certificate that had expired",
      { bundle: signedBy(makeLeaf({ request: { notAfter: "2026-01-01T00:00:04Z" } })) },
      "cert-not-valid-at-time",
    ],
    [
      "a certificate that was not valid yet",
      { bundle: signedBy(makeLeaf({ request: { notBefore: "2026-01-01T00:00:06Z" } })) },
      "cert-not-valid-at-time",
    ],
    [
      "a CA after its time in the trusted root",
      {
        trust: trusting({
          certificateAuthorities: ROOT.certificateAuthorities.map((one) => ({
            ...one,
            validFor: { ...one.validFor, hi: at("2026-01-01T00:00:04Z") },
          })),
        }),
      },
      "cert-not-valid-at-time",
    ],
    [
      "one good time and one bad",
      { bundle: { ...m1, timestamps: [stamp(m1.content.signature, "2026-01-01T01:00:00Z")] } },
      "cert-not-valid-at-time",
    ],
    ["an intermediate that the CA did not sign", { bundle: viaIntermediate(keys.other) }, "cert-signature"],
    ["an intermediate that is no CA", { bundle: viaIntermediate(keys.ca, [keyUsage(1)]) }, "cert-signature"],
    // Step 13: in which CT log.
    ["a certificate without SCT", { bundle: signedBy(makeLeaf({ scts: [] })) }, "sct-missing"],
    [
      "a certificate without SCT, though the policy does without",
      { bundle: signedBy(makeLeaf({ scts: [] })), policy: { ...POLICY, thresholds: { sct: 0 } } },
      "sct-missing",
    ],
    [
      "an SCT of a log that nobody knows",
      { bundle: signedBy(makeLeaf({ scts: [{ id: keys.other, signer: keys.other }] })) },
      "sct-unknown-log",
    ],
    [
      "an SCT forged in a log's name",
      { bundle: signedBy(makeLeaf({ scts: [{ id: keys.ct, signer: keys.other }] })) },
      "sct-signature",
    ],
    [
      "a good SCT beside a forged one",
      {
        bundle: signedBy(
          makeLeaf({
            scts: [
              { id: keys.ct, signer: keys.ct },
              { id: keys.ct, signer: keys.other },
            ],
          }),
        ),
      },
      "sct-signature",
    ],
    [
      "an SCT before the log's time",
      { bundle: signedBy(makeLeaf({ scts: [{ id: keys.ct, signer: keys.ct, at: "2024-01-01T00:00:00Z" }] })) },
      "sct-log-expired",
    ],
    [
      "one CT log twice where two are needed",
      {
        bundle: signedBy(
          makeLeaf({
            scts: [
              { id: keys.ct, signer: keys.ct },
              { id: keys.ct, signer: keys.ct, at: "2026-01-01T00:00:01Z" },
            ],
          }),
        ),
        policy: { ...POLICY, thresholds: { sct: 2 } },
      },
      "sct-missing",
    ],
    [
      "no SCT, in a domain whose CT logs are gone",
      { bundle: signedBy(makeLeaf({ scts: [] })), trust: trusting({ ctlogs: [] }) },
      "sct-missing",
    ],
  ])("%s", (_, change, reason) => {
    expect(reasonOf(change)).toBe(reason);
  });
});
