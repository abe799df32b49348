import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseImageReference, parseRepository } from "./reference.ts";

const HEX = "a".repeat(64);

describe("parseImageReference", () => {
  test.each([
    ["nginx", "docker.io/library/nginx", "latest", undefined],
    ["example/app:1", "docker.io/example/app", "1", undefined],
    ["index.docker.io/library/nginx", "docker.io/library/nginx", "latest", undefined],
    ["localhost:5000/app", "localhost:5000/app", "latest", undefined],
    ["REGISTRY.example/pay/api", "registry.example/pay/api", "latest", undefined],
    [`registry.example/pay/api:1@sha256:${HEX}`, "registry.example/pay/api", "1", `sha256:${HEX}`],
    [`registry.example/pay/api@sha256:${HEX}`, "registry.example/pay/api", undefined, `sha256:${HEX}`],
    ["[2001:db8::1]:5000/app:v1", "[2001:db8::1]:5000/app", "v1", undefined],
  ])("reads %s", (text, repository, tag, digest) => {
    const found = parseImageReference(text);
    if (!found.ok) throw new Error(found.detail);
    expect([found.value.repository, found.value.tag, found.value.digest]).toEqual([repository, tag, digest]);
  });

  test("keeps a sha512 digest apart: it pins, and cannot be compared", () => {
    const found = parseImageReference(`registry.example/api@sha512:${"b".repeat(128)}`);
    expect(found.ok && [found.value.digest, found.value.otherDigest]).toEqual([undefined, `sha512:${"b".repeat(128)}`]);
  });

  test.each([
    ["", "reference-path"],
    [" nginx", "reference-path"],
    ["registry.example/Pay/api", "reference-path"],
    ["registry.example/pay/../api", "reference-path"],
    ["registry.example//api", "reference-path"],
    ["registry.example/p\u0430y/api", "reference-path"],
    [HEX, "reference-path"],
    ["registry.example/api:", "reference-tag"],
    ["registry.example/api:-x", "reference-tag"],
    ["registry.example/api:1\n", "reference-tag"],
    ["registry.example/api:1:x", "reference-tag"],
    ["registry.example/api@", "reference-digest"],
    [`registry.example/api@sha256:${"A".repeat(64)}`, "reference-digest"],
    [`registry.example/api@sha256:${HEX}@sha256:${HEX}`, "reference-digest"],
    ["registry.example:99999/api", "reference-host"],
    ["user@registry.example/api", "reference-digest"],
    ["x".repeat(601), "reference-too-long"],
  ])("refuses %j", (text, code) => {
    expect(parseImageReference(text)).toMatchObject({ ok: false, code });
  });

  test("never throws, and what it reads it reads again the same", () => {
    const segments = fc.array(fc.stringMatching(/^[a-z0-9]{1,6}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          segments.map((parts) => parts.join("/")),
        ),
        (text) => {
          const first = parseImageReference(text);
          if (!first.ok) return;
          expect(parseRepository(first.value.repository)).toEqual({ ok: true, value: first.value.repository });
        },
      ),
    );
  });
});
