import { describe, expect, test } from "vitest";
import type { SignatureLink } from "../core/correlate/signature-link.ts";
import { digestRefOf, type DigestRef } from "../core/digest.ts";
import type { UnixMs } from "../core/time.ts";
import type { SignatureStore, StoredImageSet } from "./signature-store.ts";

const digest = (text: string): DigestRef => digestRefOf(new TextEncoder().encode(text));
const SEEN = 1_790_000_000_000 as UnixMs;

/** A link of entry 7, for tests of stores. */
export function storedLink(change: Partial<SignatureLink> = {}): SignatureLink {
  return {
    log: "rekor-private",
    logIndex: 7,
    repository: "registry.example/payments/api",
    subject: digest("image"),
    bundle: digest("bundle"),
    predicateType: "https://sigstore.dev/cosign/sign/v1",
    seenAt: SEEN,
    ...change,
  };
}

/** What every SignatureStore does. */
export function signatureStoreContract(
  name: string,
  make: () => { readonly store: SignatureStore; readonly reopen?: () => SignatureStore },
): void {
  describe(`SignatureStore: ${name}`, () => {
    test("keeps links in order, whole, also across a restart", async () => {
      const { store, reopen } = make();
      const { predicateType: _, ...bare } = storedLink({ logIndex: 8, bundle: digest("other") });
      const full = storedLink({ invocationId: "i", claimedRunUid: "u" });
      await store.saveLinks([full, bare]);
      expect(await (reopen?.() ?? store).links()).toEqual([full, bare]);
    });

    test("a link twice is once, and stays as it was", async () => {
      const { store } = make();
      await store.saveLinks([storedLink()]);
      await store.saveLinks([storedLink({ seenAt: (SEEN + 1) as UnixMs }), storedLink({ subject: digest("other") })]);
      expect(await store.links()).toEqual([storedLink(), storedLink({ subject: digest("other") })]);
    });

    test("finds links by subject and by entry", async () => {
      const { store } = make();
      const other = storedLink({ logIndex: 9, subject: digest("other"), bundle: digest("b2") });
      await store.saveLinks([storedLink(), other]);
      expect(await store.linksTo([digest("other"), digest("unknown")])).toEqual([other]);
      expect(await store.linksTo([])).toEqual([]);
      expect(await store.linksOf({ log: "rekor-private", logIndex: 7 })).toEqual([storedLink()]);
      expect(await store.linksOf({ log: "another", logIndex: 7 })).toEqual([]);
    });

    test("an image set is replaced by a newer one of the same subject", async () => {
      const { store } = make();
      const set: StoredImageSet = {
        repository: "registry.example/api",
        subject: digest("index"),
        isIndex: true,
        children: [],
      };
      const child = { manifest: digest("m"), platform: "linux/amd64", config: digest("c") };
      const bare = { manifest: digest("n"), platform: "" };
      await store.saveImageSets([set]);
      await store.saveImageSets([
        { ...set, children: [child, bare] },
        { ...set, repository: "registry.example/copy" },
      ]);
      expect(await store.imageSets()).toEqual([
        { ...set, children: [child, bare] },
        { ...set, repository: "registry.example/copy" },
      ]);
    });
  });
}
