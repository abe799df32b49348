import { describe, expect, test } from "vitest";
import { withChangedEntry, withEntry } from "./register-file.ts";

const TEXT = `# Who may sign.
apiVersion: countersign.dev/v1alpha1
kind: IdentityRegister
identities:
- id: pay # since March
  owner: team-pay
  families: [ image ]
  state: active

# Whom Fulcio believes.
issuers:
- { url: "https://kubernetes.default.svc", type: kubernetes, owner: platform }
`;

describe("withEntry", () => {
  test("adds an entry and leaves everything else as it is", () => {
    const made = withEntry(TEXT, { id: "new", owner: "team-new", images: ["r.example/new/**"] });
    expect(made).toBe(
      TEXT.replace("\n\n# Whom", "\n- id: new\n  owner: team-new\n  images:\n    - r.example/new/**\n\n# Whom"),
    );
  });

  test.each([
    ["identities: [{ id: a }]\n", 'identities: [{ id: a }, {"id":"b"}]\n'],
    ["identities: []\nissuers: [x]\n", "identities:\n  - id: b\nissuers: [x]\n"],
    ["identities:\n- { id: a } # kept\n\n", "identities:\n- { id: a } # kept\n- id: b\n\n"],
    ["identities:\n    - id: a", "identities:\n    - id: a\n    - id: b"],
  ])("adds to %j", (before, after) => {
    const head = "kind: IdentityRegister\n";
    expect(withEntry(head + before, { id: "b" })).toBe(head + after);
  });

  test.each(["", "\n"])("makes a register of the empty text %j", (text) => {
    expect(withEntry(text, { id: "new" })).toBe(
      "apiVersion: countersign.dev/v1alpha1\nkind: IdentityRegister\nidentities:\n  - id: new\n",
    );
  });

  test("finds the list of an object of the cluster, among other documents", () => {
    const text = "kind: Other\n---\nkind: IdentityRegister\nspec:\n  identities:\n    - id: a\n";
    expect(withEntry(text, { id: "b" })).toBe(`${text}    - id: b\n`);
  });

  test.each(["kind: Other\n", "a: [", "- x\n"])("does not write into %j", (text) => {
    expect(withEntry(text, { id: "a" })).toBeUndefined();
  });
});

describe("withChangedEntry", () => {
  test("sets members of the entry that is named", () => {
    expect(withChangedEntry(TEXT, "pay", { state: "retiring", reason: "moved" })).toBe(
      TEXT.replace("state: active\n", "state: retiring\n  reason: moved\n"),
    );
  });

  test("sets members of an entry that is written in one line", () => {
    const head = "kind: IdentityRegister\nidentities:\n";
    expect(withChangedEntry(`${head}- { id: a, state: active } # x\n`, "a", { state: "revoked", reason: "b, c" })).toBe(
      `${head}- { id: a, state: revoked, reason: "b, c" } # x\n`,
    );
  });

  test("knows no other", () => {
    expect(withChangedEntry(TEXT, "other", { state: "retiring" })).toBeUndefined();
  });
});
