import { describe, expect, test } from "vitest";
import { parseImageId } from "./image-id.ts";

const A = "a".repeat(64);

describe("parseImageId", () => {
  test.each([
    [`registry.example/api@sha256:${A}`, "manifest", "registry.example/api"],
    [`docker-pullable://registry.example/api@sha256:${A}`, "manifest", "registry.example/api"],
    [`registry.example:5000/api:1@sha256:${A}`, "manifest", "registry.example:5000/api"],
    [`sha256:${A}`, "config", undefined],
    [A, "config", undefined],
    [`docker://sha256:${A}`, "config", undefined],
  ])("reads %s", (text, kind, repository) => {
    expect(parseImageId(text)).toEqual({
      kind,
      digest: `sha256:${A}`,
      ...(repository !== undefined && { repository }),
    });
  });

  test("an empty id is a container that has not started", () => {
    expect(parseImageId("")).toEqual({ kind: "none" });
  });

  test.each([`registry.example/api@sha256:${A}0`, "nonsense", A.toUpperCase(), "x".repeat(700)])(
    "keeps %s as unreadable",
    (text) => {
      expect(parseImageId(text).kind).toBe("unreadable");
    },
  );
});
