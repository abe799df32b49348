import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toUtf8 } from "../bytes/utf8.ts";
import { sealFiles } from "../evidence/manifest.ts";
import { renderTar, type TarFile } from "../evidence/tar.ts";
import type { UnixMs } from "../time.ts";
import { readTrustArchive, renderTrustArchive, type TrustArchive } from "./trust-archive.ts";

const ROOT = toUtf8(
  JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [],
    certificateAuthorities: [],
  }),
);
const PRODUCT = { name: "countersign", version: "1" };
const ARCHIVE: TrustArchive = { domain: "private", asOf: 1_790_000_000_000 as UnixMs, trustedRoot: ROOT };

function sealed(files: readonly TarFile[], scope = "trust/private"): Uint8Array {
  return renderTar(sealFiles(files, { scope, asOf: ARCHIVE.asOf, product: PRODUCT, notCovered: [] }));
}

describe("trust archives", () => {
  test.each([[ARCHIVE], [{ ...ARCHIVE, signingConfig: toUtf8("{}") }]])(
    "come back as they were, and are the same each time",
    (archive) => {
      const bytes = renderTrustArchive(archive, PRODUCT);
      expect(readTrustArchive(bytes)).toMatchObject({ ok: true, value: archive });
      expect(renderTrustArchive(archive, PRODUCT)).toEqual(bytes);
    },
  );

  test("a changed byte anywhere is found", () => {
    const bytes = renderTrustArchive(ARCHIVE, PRODUCT);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect(readTrustArchive(changed).ok).toBe(false);
      }),
    );
  });

  test.each<[string, Uint8Array, string]>([
    [
      "two roots",
      sealed([
        { path: "trusted_root.json", bytes: ROOT },
        { path: "other/trusted_root.json", bytes: ROOT },
      ]),
      "archive-member",
    ],
    ["no root", sealed([{ path: "signing_config.json", bytes: ROOT }]), "archive-member"],
    ["evidence of an event", sealed([{ path: "trusted_root.json", bytes: ROOT }], "log/1"), "archive-scope"],
    ["a domain that is a path", sealed([{ path: "trusted_root.json", bytes: ROOT }], "trust/../x"), "archive-scope"],
    ["a root that is none", sealed([{ path: "trusted_root.json", bytes: toUtf8("{}") }]), "trust-media-type"],
    ["no archive", toUtf8("x".repeat(2048)), "tar-syntax"],
  ])("%s is refused", (_, bytes, code) => {
    expect(readTrustArchive(bytes)).toMatchObject({ ok: false, code });
  });
});
