import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenge } from "./challenge.ts";

test.each([
  ['Bearer realm="https://auth.example/token"', { scheme: "bearer", realm: "https://auth.example/token" }],
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    {
      scheme: "bearer",
      realm: "https://auth.example/token",
      service: "registry.example",
      scope: "repository:a/b:pull,push",
    },
  ],
  ['bearer  realm = "https://a.example" , service=x', { scheme: "bearer", realm: "https://a.example", service: "x" }],
  [String.raw`Bearer realm="https://a.example/\"x\""`, { scheme: "bearer", realm: 'https://a.example/"x"' }],
  ['Basic realm="Registry"', { scheme: "basic" }],
  ["Basic", { scheme: "basic" }],
  ['Basic realm="r", Bearer realm="https://a.example"', { scheme: "bearer", realm: "https://a.example" }],
  ['Negotiate, Basic realm="r"', { scheme: "basic" }],
])("reads %s", (header, challenge) => {
  expect(parseChallenge(header)).toEqual(challenge);
});

test.each(["", "Bearer", 'Bearer service="x"', "Negotiate", 'Digest realm="r"', "=", `Basic ${"x".repeat(4096)}`])(
  "offers nothing for %s",
  (header) => {
    expect(parseChallenge(header)).toBeUndefined();
  },
);

test("answers whatever it is given", () => {
  const piece = fc.constantFrom("Bearer", "Basic", " ", ",", "=", '"', "\\", "realm", "a");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(["bearer", "basic", undefined]).toContain(parseChallenge(pieces.join(""))?.scheme);
    }),
  );
});
