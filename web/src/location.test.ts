import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchPath, readPlace, renderPlace, withQuery } from "./location.ts";

describe("a place", () => {
  test("comes back from its own text", () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ minLength: 1 })), (query) => {
        const text = renderPlace({ path: "/events", query });
        expect(readPlace(new URL(text, "http://localhost"))).toEqual({ path: "/events", query: { ...query } });
      }),
    );
  });

  test("an empty value takes its name away", () => {
    expect(withQuery({ a: "1", b: "2" }, { a: "" })).toEqual({ b: "2" });
  });
});

describe("matchPath", () => {
  test.each([
    ["/events/:log/:index", "/events/rekor/7", { log: "rekor", index: "7" }],
    ["/events/:log/:index", "/events/a%2Fb/7", { log: "a/b", index: "7" }],
    ["/events", "/events", {}],
    ["/events", "/events/7", undefined],
    ["/events/:log/:index", "/events//7", undefined],
    ["/events/:log/:index", "/events/%zz/7", undefined],
    ["/", "/events", undefined],
  ])("%s against %s", (pattern, path, params) => {
    expect(matchPath(pattern, path)).toEqual(params);
  });
});
