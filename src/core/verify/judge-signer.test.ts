import { describe, expect, test } from "vitest";
import { ca, IDENTITY, keyBundle, keys, makeLeaf, SAN, stamp, trusting } from "../../../test/setup/bundle-world.ts";
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
import type { Bundle } from "../bundle/bundle.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { VerifyPolicy } from "./policy.ts";

/** A key's signature with nothing beside it, in a domain that asks for nothing. */
const bare: Bundle = { ...keyBundle(), entries: [] };
const ASKING_NOTHING = trusting({ tlogs: [] }, { log: 0 });
const now = at("2026-01-01T00:00:05Z");
const byKeyAt = (more: object): VerifyPolicy => ({ ...BY_KEY, thresholds: { time: 0 }, ...more });

describe("judgeEvidence, of a key's signature without evidence,", () => {
  test.each<[string, VerifyPolicy, string]>([
    ["passes at a time that is given", byKeyAt({ now }), "pass"],
    ["passes at a time at which the key is good", byKeyAt({ now, keyValidFor: { lo: now, hi: now } }), "pass"],
    [
      "fails at another time",
      byKeyAt({ now, keyValidFor: { hi: at("2026-01-01T00:00:04Z") } }),
      "key-not-valid-at-time",
    ],
    ["fails without a time", byKeyAt({}), "time-missing"],
    ["fails where a time is asked for", { ...BY_KEY, now }, "time-missing"],
  ])("%s", (_, policy, expected) => {
    expect(reasonOf({ bundle: bare, trust: ASKING_NOTHING, policy })).toBe(expected);
  });

  test("never looks at the given time where the evidence has one", () => {
    const stamped = { ...bare, timestamps: [stamp(bare.content.signature)] };
    const policy = byKeyAt({ now: at("2030-01-01T00:00:00Z"), keyValidFor: { lo: now, hi: now } });
    expect(reasonOf({ bundle: stamped, trust: ASKING_NOTHING, policy })).toBe("pass");
    const twice = {
      ...stamped,
      timestamps: [...stamped.timestamps, stamp(bare.content.signature, "2026-01-01T00:00:09Z")],
    };
    expect(reasonOf({ bundle: twice, trust: ASKING_NOTHING, policy })).toBe("key-not-valid-at-time");
  });
});

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
