import { describe, expect, test } from "vitest";
import { check, judged, shownOf, STRICT } from "../../../test/setup/gate-world.ts";
import { memoryChange } from "../../../test/setup/memory-change.ts";
import type { Planted } from "../../ports/change-source.contract.ts";

/** A waiver of something that nothing finds. */
const WAIVER = `apiVersion: countersign.dev/v1alpha1
kind: GateWaiver
metadata: {name: w}
`;

describe("files", () => {
  const broken = "apiVersion: policy.sigstore.dev/v1beta1\nkind: [";
  const template = `{{ if .Values.x }}\n${STRICT}{{ end }}\n`;
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";

  test.each<[string, Planted, Planted, readonly string[]]>([
    ["a broken policy", {}, { "p.yaml": broken }, ["2 UNDECIDED", "GP020 malformed head:p.yaml"]],
    [
      "a broken policy on both sides",
      { "p.yaml": broken },
      { "p.yaml": broken },
      ["2 UNDECIDED", "GP020 malformed head:p.yaml"],
    ],
    [
      "a policy that was broken",
      { "p.yaml": broken },
      { "p.yaml": STRICT },
      ["3 UNDECIDED", "GP020 undecided base:p.yaml"],
    ],
    [
      "a key that stands twice",
      { "p.yaml": STRICT },
      { "p.yaml": `${STRICT}kind: X\n` },
      ["2 LOOSENED", "GP012 error base:p.yaml", "GP020 malformed head:p.yaml"],
    ],
    ["what is no YAML and no policy", {}, { "p.yaml": "a: [" }, ["0 EQUIVALENT"]],
    ["a template that appears", {}, { "p.yaml": template }, ["3 UNDECIDED", "GC002 undecided head:p.yaml"]],
    [
      "a template that stays",
      { "p.yaml": template },
      { "p.yaml": template },
      ["0 EQUIVALENT", "GC002 warning head:p.yaml"],
    ],
    ["a pointer of Git LFS that appears", {}, { "p.yaml": pointer }, ["3 UNDECIDED", "GC002 undecided head:p.yaml"]],
    [
      "a pointer of Git LFS that stays",
      { "p.yaml": pointer },
      { "p.yaml": pointer },
      ["0 EQUIVALENT", "GC002 warning head:p.yaml"],
    ],
    [
      "a link out of the tree",
      {},
      { "p.yaml": { link: "/etc/passwd" } },
      ["2 UNDECIDED", "GP020 malformed head:p.yaml"],
    ],
    ["a link in the tree", { "p.yaml": STRICT }, { "p.yaml": { link: "x/p" }, "x/p": STRICT }, ["0 EQUIVALENT"]],
    [
      "owners that change",
      { CODEOWNERS: "* @a" },
      { CODEOWNERS: "* @b" },
      ["0 EQUIVALENT", "GC001 warning head:CODEOWNERS"],
    ],
    [
      "a malformed waiver that is gone",
      { ".countersign/waivers/w.yaml": WAIVER },
      {},
      [
        "2 UNDECIDED",
        "GC001 warning base:.countersign/waivers/w.yaml",
        "GC005 malformed base:.countersign/waivers/w.yaml",
      ],
    ],
  ])("says of %s what it is", async (_, base, head, expected) => {
    expect(await judged(base, head)).toEqual(expected);
  });

  test("another repository that appears is not decided, and its policies are gone", async () => {
    const modules = [{ path: "policies", kind: "module", id: "1".repeat(40) }] as const;
    const report = await check(memoryChange({ "policies/p.yaml": STRICT }, {}, { modules }));
    expect(shownOf(report)).toEqual([
      "1 LOOSENED",
      "GC002 undecided head:policies",
      "GP012 error base:policies/p.yaml",
    ]);
  });

  test("what could not be read and says nothing of trust is told", async () => {
    const { notCovered } = await check(memoryChange({}, { "p.yaml": "a: [" }));
    expect(notCovered).toEqual([{ what: "p.yaml", why: expect.stringContaining("not YAML"), file: "p.yaml" }]);
  });
});

describe("kustomizations", () => {
  const files = {
    "base/p.yaml": STRICT,
    "base/kustomization.yaml": "resources: [p.yaml]\n",
    "prod/kustomization.yaml":
      "resources: [../base]\npatches: [{path: mode.json, target: {kind: ClusterImagePolicy}}]\n",
    "prod/mode.json": '[{"op": "add", "path": "/spec/mode", "value": "enforce"}]',
    "app/kustomization.yaml": "resources: [app.yaml]\n",
    "app/app.yaml": "kind: Deployment\n",
  };

  test.each<[string, Planted, readonly string[]]>([
    ["nothing", {}, ["0 EQUIVALENT"]],
    [
      "a patch of a policy",
      { "prod/mode.json": '[{"op": "add", "path": "/spec/mode", "value": "warn"}]' },
      ["3 UNDECIDED", "GC002 undecided head:prod/kustomization.yaml"],
    ],
    [
      "what is applied of the policies",
      { "base/kustomization.yaml": "resources: []\n" },
      ["3 UNDECIDED", "GC002 undecided base:base/kustomization.yaml"],
    ],
    ["an application's", { "app/kustomization.yaml": "resources: [app.yaml]\nnamePrefix: a-\n" }, ["0 EQUIVALENT"]],
  ])("that change %s are judged so", async (_, changed, expected) => {
    expect(await judged(files, { ...files, ...changed })).toEqual(expected);
  });
});

describe("charts", () => {
  const template = STRICT.replace("ghcr.io/acme/**", "{{ .Values.registry }}/**");
  const files = {
    "chart/Chart.yaml": "name: a\n",
    "chart/values.yaml": "registry: ghcr.io/acme\n",
    "chart/templates/policy.yaml": `{{ if true }}\n${template}{{ end }}\n`,
    "chart/templates/_helpers.tpl": "a",
    "app/a.yaml": "a: 1\n",
  };
  const warned = "GC002 warning head:chart/templates/policy.yaml";

  test.each<[string, Planted, readonly string[]]>([
    ["nothing", {}, ["0 EQUIVALENT", warned]],
    ["what is beside them", { "app/a.yaml": "a: 2\n" }, ["0 EQUIVALENT", warned]],
    [
      "their values",
      { "chart/values.yaml": "registry: b\n" },
      ["3 UNDECIDED", "GC002 undecided head:chart/Chart.yaml", warned],
    ],
    [
      "values elsewhere",
      { "env/prod-values.yaml": "registry: b\n" },
      ["3 UNDECIDED", "GC002 undecided head:chart/Chart.yaml", warned],
    ],
    [
      "a helper of theirs",
      { "chart/templates/_helpers.tpl": "b" },
      ["3 UNDECIDED", "GC002 undecided head:chart/Chart.yaml", warned],
    ],
  ])("that change %s are judged so", async (_, changed, expected) => {
    expect(await judged(files, { ...files, ...changed })).toEqual(expected);
  });
});
