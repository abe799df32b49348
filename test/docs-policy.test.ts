import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readDocuments } from "../src/adapters/manifests/documents.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";
import { POLICY_CODES } from "../src/core/policy/problem-codes.ts";
import { readPolicySet } from "../src/core/policy/read/read-set.ts";
import { CONTEXT } from "./setup/policy-set.ts";

test.each(["docs/reference/trust-policy.md", "docs/how-to/write-a-trust-policy.md"])(
  "the examples of %s are valid",
  (path) => {
    const blocks = [...readFileSync(path, "utf8").matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)];
    const files = blocks.map(([, indent = "", text = ""], i) => ({
      path: `${path}#${i}`,
      bytes: toUtf8(text.replaceAll(new RegExp(`^${indent}`, "gm"), "")),
    }));
    const { documents, problems } = readDocuments(files);
    expect(documents.length).toBeGreaterThan(0);
    expect([...problems, ...readPolicySet(documents, CONTEXT).problems]).toEqual([]);
  },
);

test("the reference lists every error with its fix", () => {
  const text = readFileSync("docs/reference/trust-policy.md", "utf8");
  for (const [id, { title, fix, ...rest }] of Object.entries(POLICY_CODES)) {
    const mark = "level" in rest ? `${id} W` : id;
    expect(text).toContain(`| ${mark} | ${title.replaceAll("|", "\\|")} | ${fix.replaceAll("|", "\\|")} |`);
  }
});
