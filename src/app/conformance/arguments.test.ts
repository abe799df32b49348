import { describe, expect, test } from "vitest";
import { parseConformanceArguments } from "./arguments.ts";

const IDENTITY = ["--certificate-identity", "me", "--certificate-oidc-issuer", "https://issuer.example"];
const parse = (line: readonly string[]): unknown => parseConformanceArguments(line);

describe("parseConformanceArguments", () => {
  test("reads a verification by identity, and one by key", () => {
    expect(parse(["verify-bundle", "--staging", "--bundle", "b", ...IDENTITY, "--trusted-root", "r", "a.txt"])).toEqual(
      {
        ok: true,
        value: {
          command: "verify-bundle",
          staging: true,
          bundle: "b",
          signer: { kind: "identity", identity: "me", issuer: "https://issuer.example" },
          trustedRoot: "r",
          fileOrDigest: "a.txt",
        },
      },
    );
    expect(parse(["verify-bundle", "--bundle", "b", "--key", "k", "sha256:x"])).toMatchObject({
      value: { staging: false, signer: { kind: "key", file: "k" }, fileOrDigest: "sha256:x" },
    });
  });

  test("reads a signing", () => {
    expect(
      parse(["sign-bundle", "--in-toto", "--identity-token", "t", "--bundle", "b", "--signing-config", "c", "f"]),
    ).toEqual({
      ok: true,
      value: {
        command: "sign-bundle",
        staging: false,
        inToto: true,
        identityToken: "t",
        bundle: "b",
        signingConfig: "c",
        file: "f",
      },
    });
  });

  test.each([
    ["nothing", []],
    ["another command", ["verify", "--bundle", "b", "--key", "k", "a"]],
    ["no bundle", ["verify-bundle", "--key", "k", "a"]],
    ["no signer", ["verify-bundle", "--bundle", "b", "a"]],
    ["an identity without issuer", ["verify-bundle", "--bundle", "b", "--certificate-identity", "me", "a"]],
    ["both an identity and a key", ["verify-bundle", "--bundle", "b", ...IDENTITY, "--key", "k", "a"]],
    ["no file", ["verify-bundle", "--bundle", "b", "--key", "k"]],
    ["two files", ["verify-bundle", "--bundle", "b", "--key", "k", "a", "b"]],
    ["an option twice", ["verify-bundle", "--bundle", "b", "--bundle", "c", "--key", "k", "a"]],
    ["an option without a value", ["verify-bundle", "a", "--key", "k", "--bundle"]],
    ["an unknown option", ["verify-bundle", "--bundle", "b", "--key", "k", "--tlog-ignored", "a"]],
    ["a signing without a token", ["sign-bundle", "--bundle", "b", "f"]],
  ])("refuses %s", (_, line) => {
    expect(parse(line)).toMatchObject({ ok: false, code: "usage" });
  });
});
