import { describe, expect, test } from "vitest";
import { ca, IDENTITY, keyBundle, keys, makeLeaf, SAN } from "../../../test/setup/bundle-world.ts";
import {
  type Change,
  KEY,
  BY_KEY,
  signedBy,
  imported,
  reasonOf,
  withChain,
  POLICY,
  m1,
} from "../../../test/setup/judge-world.ts";
import {
  at,
  basicConstraints,
  CODE_SIGNING,
  email,
  extendedKeyUsage,
  fulcioText,
  keyUsage,
  makeCertificate,
  subjectAltName,
  uri,
} from "../../../test/setup/make-certificate.ts";
import { toUtf8 } from "../bytes/utf8.ts";

describe("judgeEvidence fails", () => {
  test.each<[string, Change, string]>([
    // Steps 6, 7 and 18: who.
    [
      "a certificate that is none",
      { bundle: { ...m1, key: { kind: "certificate", leaf: toUtf8("x"), chain: [] } } },
      "der-truncated",
    ],
    [
      "a CA that signs code itself",
      {
        bundle: signedBy(
          makeLeaf({ extensions: [keyUsage(33), extendedKeyUsage([CODE_SIGNING]), basicConstraints(0)] }),
        ),
      },
      "leaf-is-ca",
    ],
    [
      "a certificate for other uses of the key",
      { bundle: signedBy(makeLeaf({ extensions: [keyUsage(2), extendedKeyUsage([CODE_SIGNING])] })) },
      "cert-ku",
    ],
    [
      "a certificate without key usage",
      { bundle: signedBy(makeLeaf({ extensions: [extendedKeyUsage([CODE_SIGNING])] })) },
      "cert-ku",
    ],
    [
      "a certificate for servers",
      { bundle: signedBy(makeLeaf({ extensions: [keyUsage(1), extendedKeyUsage(["1.3.6.1.5.5.7.3.1"])] })) },
      "cert-eku",
    ],
    [
      "a certificate for anything",
      { bundle: signedBy(makeLeaf({ extensions: [keyUsage(1), extendedKeyUsage(["2.5.29.37.0"])] })) },
      "cert-eku",
    ],
    ["a chain with a root", { bundle: withChain([ca.der]) }, "bundle-root-in-chain"],
    [
      "a chain with a root that nobody knows, though the profile drops known ones",
      {
        bundle: withChain([makeCertificate({ key: keys.other, subject: "own" }).der]),
        policy: { ...POLICY, profile: "legacy-chain" },
      },
      "bundle-root-in-chain",
    ],
    ["a chain with what is no certificate", { bundle: withChain([toUtf8("x")]) }, "der-truncated"],
    ["a bare key that nobody gave", { bundle: keyBundle() }, "key-required"],
    ["a certificate where a key was given", { policy: BY_KEY }, "key-form"],
    [
      "a key that had expired",
      { bundle: keyBundle(), policy: { key: KEY, keyValidFor: { hi: at("2026-01-01T00:00:00Z") } } },
      "key-not-valid-at-time",
    ],
    [
      "a key's signature by another key",
      { bundle: keyBundle(), policy: { key: imported(keys.other.spki) } },
      "signature",
    ],
    // Step 14: whose.
    ["another issuer", { policy: { identity: { ...IDENTITY, issuer: `${IDENTITY.issuer}/` } } }, "issuer-mismatch"],
    ["another name", { policy: { identity: { ...IDENTITY, san: `${SAN}x` } } }, "identity-mismatch"],
    ["the same name as another type", { policy: { identity: { ...IDENTITY, sanType: "email" } } }, "identity-mismatch"],
    ["an identity that a predicate does not take", { policy: { identity: () => false } }, "identity-mismatch"],
    [
      "two names",
      {
        bundle: signedBy(
          makeLeaf({
            extensions: [
              keyUsage(1),
              extendedKeyUsage([CODE_SIGNING]),
              subjectAltName([uri(SAN), email("a@b.example")]),
              fulcioText(8, IDENTITY.issuer),
            ],
          }),
        ),
      },
      "san-count",
    ],
    [
      "two issuers that differ",
      {
        bundle: signedBy(
          makeLeaf({
            extensions: [
              keyUsage(1),
              extendedKeyUsage([CODE_SIGNING]),
              subjectAltName([uri(SAN)]),
              fulcioText(8, IDENTITY.issuer),
              fulcioText(1, "https://evil.example"),
            ],
          }),
        ),
      },
      "issuer-conflict",
    ],
  ])("%s", (_, change, reason) => {
    expect(reasonOf(change)).toBe(reason);
  });
});
