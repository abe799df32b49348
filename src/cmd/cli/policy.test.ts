import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-policy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const POLICY = `apiVersion: countersign.dev/v1alpha1
kind: TrustPolicy
metadata: {name: production}
spec:
  revision: 3
  authorities:
    builder: {sigstore: {root: private, identities: [{serviceAccount: {cluster: prod, namespace: payments, name: builder}}]}}
  families:
  - name: payments
    images: ["registry.example.com/payments/**"]
    require: [{signature: builder}]
`;
const CONFIG = `clusters: [{ name: prod, issuer: "https://oidc.prod.example.com" }]\n`;

async function run(argv: readonly string[]): Promise<Heard> {
  const config = write("countersign.yaml", CONFIG);
  const { io, heard } = recordingIo();
  await runCli(["policy", ...argv, "--config", config], io, COMMANDS);
  return { ...heard, out: heard.out.replaceAll(`${folder}/`, ""), err: heard.err.replaceAll(`${folder}/`, "") };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("policy check", () => {
  test("a good set is good, and what was not judged is said", async () => {
    const { out, err, exit } = await run(["check", write("good.yaml", POLICY)]);
    expect(out).toMatch(/^✓ the policy set is valid: 1 families, 1 authorities, 0 exceptions, hash [0-9a-f]{12}\n$/);
    expect(err).toContain("not judged: trust domains");
    expect(exit).toBe(0);
  });

  test("a problem has its place and its fix, and the exit is 1", async () => {
    const bad = write("bad.yaml", POLICY.replace("registry.example.com/payments/**", "payments/**"));
    const { out, exit } = await run(["check", bad]);
    expect(out).toContain('✗ bad.yaml:10:14 TP101 "payments/**" has no registry host\n    fix: Write ');
    expect(exit).toBe(1);
  });

  test("a warning leaves the exit at 0", async () => {
    const wide = write("wide.yaml", POLICY.replace("registry.example.com/payments/**", "registry.example.com/**"));
    const { out, exit } = await run(["check", wide]);
    expect(out).toContain("TP107 (warning)");
    expect(exit).toBe(0);
  });

  test("json and sarif say the same", async () => {
    const bad = write("bad.yaml", POLICY.replace("private", "Private"));
    const json = JSON.parse((await run(["check", bad, "-o", "json"])).out);
    expect(json).toMatchObject({
      ok: false,
      problems: [{ id: "TP007", level: "error", line: 7, path: "spec.authorities.builder.sigstore.root" }],
    });
    const sarif = JSON.parse((await run(["check", bad, "-o", "sarif"])).out);
    expect(sarif.runs[0].results).toMatchObject([
      {
        ruleId: "TP007",
        ruleIndex: 0,
        level: "error",
        locations: [{ physicalLocation: { region: { startLine: 7 } } }],
      },
    ]);
  });

  test.each([
    ["a missing file", "none.yaml", "input.missing"],
    ["a folder without documents", "", "input.missing"],
  ])("%s is a usage error", async (_, name, fault) => {
    const empty = mkdtempSync(join(folder, "empty-"));
    const { err, exit } = await run(["check", join(empty, name)]);
    expect(err).toContain(fault);
    expect(exit).toBe(2);
  });

  test("files in which nothing is written are no valid policy", async () => {
    const { out, err, exit } = await run(["check", write("comment.yaml", "# to be written\n")]);
    expect({ out, exit }).toEqual({ out: "", exit: 2 });
    expect(err).toContain("no policy document");
  });

  test("a set that is refused as text is not judged further", async () => {
    const { out, exit } = await run(["check", write("alias.yaml", `${POLICY}x: &a 1\ny: *a\n`)]);
    expect(out).toContain("TP002");
    expect(out).not.toContain("TP003");
    expect(exit).toBe(1);
  });
});

describe("policy list, show and diff", () => {
  test("list says what each family needs", async () => {
    const { out } = await run(["list", write("good.yaml", POLICY)]);
    expect(out).toContain("payments  registry.example.com/payments/**  signature by builder");
  });

  test("show writes out what was short, and its canonical form is what the hash is of", async () => {
    const file = write("good.yaml", POLICY);
    const { out } = await run(["show", file]);
    expect(out).toContain(
      "https://kubernetes.io/namespaces/payments/serviceaccounts/builder @ https://oidc.prod.example.com",
    );
    const canonical = (await run(["show", file, "--canonical"])).out;
    expect(canonical).toMatch(/^\{"authorities":\{"builder":.*\}$/);
    expect(JSON.parse((await run(["show", file, "-o", "json"])).out).policy).toEqual(JSON.parse(canonical));
  });

  test("show refuses a policy with errors", async () => {
    const { err, exit } = await run(["show", write("bad.yaml", POLICY.replace("[{signature: builder}]", "[]"))]);
    expect(err).toContain("TP401");
    expect(exit).toBe(2);
  });

  test("diff says what became more, and exits 1", async () => {
    const before = write("before.yaml", POLICY);
    const after = write(
      "after.yaml",
      POLICY.replace(
        "name: builder}}]",
        "name: builder}}, {issuer: 'https://m.example.com', san: {email: a@example.com}}]",
      ),
    );
    const { out, exit } = await run(["diff", before, after]);
    expect(out).toBe(
      "authority builder changed: identities; identities LOOSENED; new: a@example.com @ https://m.example.com\n",
    );
    expect(exit).toBe(1);
    expect(await run(["diff", before, before])).toMatchObject({ out: "the policies mean the same\n", exit: 0 });
  });
});

test("explain knows every policy error", async () => {
  const { io, heard } = recordingIo();
  await runCli(["explain", "tp104"], io, COMMANDS);
  expect(heard.out).toContain("TP104: two families match the same image.");
  expect(heard.out).toContain("Add `except` to one of them.");
});
