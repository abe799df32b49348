import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPolicyFile, readPolicyText } from "./policy-file.ts";

const CONTEXT = { clusterIssuers: { "prod-1": "https://oidc.prod-1.example.com" } };
const TEXT = `apiVersion: countersign.dev/v1alpha1
kind: TrustPolicy
metadata: {name: p}
spec:
  authorities:
    a: {sigstore: {root: private, identities: [{serviceAccount: {cluster: prod-1, namespace: n, name: builder}}]}}
  families:
  - name: f
    images: ["registry.example.com/f/**"]
    require: [{signature: a}]
`;

describe("readPolicyText", () => {
  test("reads what is written", () => {
    expect(readPolicyText(TEXT, "p.yaml", CONTEXT)).toMatchObject({
      ok: true,
      policy: { name: "p", families: [{ name: "f" }] },
    });
  });

  test("says where, by line and column of the value", () => {
    const read = readPolicyText(TEXT.replace("registry.example.com/f/**", "f/**"), "p.yaml", CONTEXT);
    expect(read).toMatchObject({ ok: false, problems: [{ id: "TP101", place: "p.yaml:9:14" }, { id: "TP106" }] });
  });

  test.each([
    ["an alias", TEXT.replace("name: p", "name: &x p").replace("name: f", "name: *x")],
    ["a merge key", TEXT.replace("metadata: {name: p}", "metadata: {<<: {name: p}}")],
    ["a tag", TEXT.replace("name: p", "name: !!set p")],
    ["an unknown tag", TEXT.replace("name: p", "name: !mine p")],
    ["a duplicate key", `${TEXT}kind: TrustPolicy\n`],
    ["__proto__", `${TEXT}__proto__: {}\n`],
    ["nothing", ""],
    ["an open bracket", "a: ["],
  ])("refuses %s", (_, text) => {
    const read = readPolicyText(text, "p.yaml", CONTEXT);
    expect(read.ok ? "read" : read.problems[0]?.id).toMatch(/TP00[2345]/);
  });
});

test("a file that is missing or a folder is a fault", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countersign-"));
  await expect(readPolicyFile(join(folder, "none"), CONTEXT)).rejects.toMatchObject({ id: "input.missing" });
  await expect(readPolicyFile(folder, CONTEXT)).rejects.toMatchObject({ id: "input.unreadable" });
  writeFileSync(join(folder, "large"), " ".repeat(1024 * 1024 + 1));
  await expect(readPolicyFile(join(folder, "large"), CONTEXT)).rejects.toMatchObject({ id: "input.too-large" });
});

const fixtures = `${process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures"}/admission/trustpolicy`;

describe.skipIf(!existsSync(fixtures))("policy fixtures", () => {
  test("not one invalid policy is read", () => {
    const files = readdirSync(`${fixtures}/invalid`).filter((name) => name.endsWith(".yaml"));
    const read = files.filter(
      (name) => readPolicyText(readFileSync(`${fixtures}/invalid/${name}`, "utf8"), name, CONTEXT).ok,
    );
    expect(files.length).toBeGreaterThan(30);
    expect(read).toEqual([]);
  });

  test("a policy with more than is read here is refused, with what", () => {
    const read = readPolicyText(readFileSync(`${fixtures}/production.yaml`, "utf8"), "production.yaml", CONTEXT);
    expect(read.ok).toBe(false);
  });
});
