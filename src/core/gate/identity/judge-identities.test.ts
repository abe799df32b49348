import { describe, expect, test } from "vitest";
import { readDefinitionFile } from "../../../adapters/manifests/definition-file.ts";
import { readDocuments } from "../../../adapters/manifests/documents.ts";
import { compileSearching, re2jsCompiler } from "../../../adapters/re2js/regex-compiler.ts";
import { shellScriptReader } from "../../../adapters/shell/script-reader.ts";
import { compileGlob } from "../../automata/glob.ts";
import { exactly } from "../../automata/program.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { DEFAULT_KNOWLEDGE } from "../../lint/scene.ts";
import { parseRfc3339, type UnixMs } from "../../time.ts";
import { toRevision } from "../facts/revision.ts";
import type { GateFinding } from "../finding.ts";
import type { BoxTexts, IdentityBox } from "./box.ts";
import type { IdentityGateConfig, IdentitySide } from "./identity-question.ts";
import { judgeIdentities } from "./judge-identities.ts";
import { readRegister } from "./read-register.ts";
import type { RegisterFamily } from "./register.ts";

const READ = (script: string) => shellScriptReader.read(script);
const NOW = parseRfc3339("2026-11-24T00:00:00Z") as UnixMs;
const CLUSTER = "https://kubernetes.default.svc";
const sanOf = (namespace: string, account: string) =>
  `https://kubernetes.io/namespaces/${namespace}/serviceaccounts/${account}`;

type Entry = Readonly<Record<string, unknown>>;
const entry = (id: string, more: Entry = {}): Entry => ({
  id,
  owner: "team",
  issuer: CLUSTER,
  san: sanOf(id, "b"),
  families: ["image"],
  images: [`r.example/${id}/**`],
  created: "2026-03-02",
  expires: "2027-03-02",
  ...more,
});
const ISSUERS = [{ url: CLUSTER, type: "kubernetes", owner: "platform" }];

type Side = {
  readonly entries?: readonly Entry[];
  readonly issuers?: readonly unknown[];
  readonly boxes?: readonly IdentityBox[];
  readonly manifests?: readonly unknown[];
};

function sideOf({ entries = [entry("pay")], issuers = ISSUERS, boxes = [], manifests = [] }: Side): IdentitySide {
  const text = JSON.stringify({
    apiVersion: "countersign.dev/v1alpha1",
    kind: "IdentityRegister",
    identities: entries,
    issuers,
  });
  const { documents } = readDocuments([{ path: "identities.yaml", bytes: toUtf8(text) }]);
  const { register, problems } = readRegister(documents, re2jsCompiler);
  expect(problems.map(({ message }) => message)).toEqual([]);
  const files = [readDefinitionFile("m.yaml", toUtf8(manifests.map((one) => JSON.stringify(one)).join("\n---\n")))];
  return { scene: toRevision({ files, knowledge: DEFAULT_KNOWLEDGE, read: READ }).scene, boxes, register };
}

function judge(before: Side, after: Side, config: Partial<IdentityGateConfig> = {}): readonly GateFinding[] {
  return judgeIdentities({
    before: sideOf(before),
    after: sideOf(after),
    config: { allowedSubjects: [], strict: false, trustRoots: {}, ...config },
    now: NOW,
    patterns: re2jsCompiler,
  }).findings;
}

const told = (findings: readonly GateFinding[]) => findings.map(({ code, level }) => `${code} ${level}`);

const exact = (text: string): BoxTexts => ({ inside: [exactly(text)], outside: [], exact: text });
function glob(pattern: string): BoxTexts {
  const compiled = compileGlob("pc", pattern);
  if (!compiled.ok) throw new Error(compiled.detail);
  return { inside: [compiled.value], outside: [] };
}
function search(pattern: string): BoxTexts {
  const compiled = compileSearching(pattern);
  if (!compiled.ok) throw new Error(compiled.detail);
  return { inside: [compiled.value], outside: [] };
}
const ANYTHING: BoxTexts = { inside: [], outside: [] };
type Asked = {
  readonly issuer?: BoxTexts;
  readonly san?: BoxTexts;
  readonly image?: string;
  readonly families?: readonly RegisterFamily[];
  readonly roots?: readonly string[];
};
function box(
  key: string,
  { issuer = exact(CLUSTER), san = exact(sanOf("pay", "b")), image = "r.example/pay/*", ...more }: Asked = {},
): IdentityBox {
  return {
    key,
    name: `policy ${key}`,
    issuer,
    san,
    images: [glob(image)],
    place: { file: "p.yaml", line: 3, pointer: "/spec" },
    ...more,
  };
}

describe("what policies accept (GI001, GI002, GI008)", () => {
  test.each<[string, IdentityBox, string[]]>([
    ["a managed identity", box("a"), []],
    ["several tags and digests of its images", box("a", { image: "r.example/pay/x:1" }), []],
    ["one that nobody manages", box("a", { san: exact(sanOf("dev", "b")) }), ["GI001 error"]],
    ["any SAN", box("a", { san: ANYTHING }), ["GI001 error"]],
    ["any issuer", box("a", { issuer: ANYTHING }), ["GI001 error"]],
    [
      "a pattern of what can be issued",
      box("a", { san: search("^https://kubernetes.io/namespaces/pay/serviceaccounts/b$") }),
      [],
    ],
    ["more than one account by it", box("a", { san: search("/pay/serviceaccounts/") }), ["GI001 error"]],
    ["other images", box("a", { image: "r.example/**" }), ["GI002 error"]],
    ["other kinds", box("a", { families: ["sbom"] }), ["GI002 error"]],
    ["another port", box("a", { issuer: exact(`${CLUSTER}:443`) }), ["GI001 error", "GI008 error"]],
    ["another case", box("a", { issuer: exact("https://Kubernetes.default.svc") }), ["GI001 error", "GI008 error"]],
    ["a stranger", box("a", { issuer: exact("https://accounts.example") }), ["GI001 error"]],
  ])("%s", (_, one, expected) => {
    expect(told(judge({}, { boxes: [one] }))).toEqual(expected);
  });

  test("what did not change is a warning, unless the configuration is strict", () => {
    const boxes = [box("a", { san: exact(sanOf("dev", "b")) })];
    expect(told(judge({ boxes }, { boxes }))).toEqual(["GI001 warning"]);
    expect(told(judge({ boxes }, { boxes }, { strict: true }))).toEqual(["GI001 error"]);
  });

  test.each([
    [{ state: "revoked" }, "register entry pay is revoked"],
    [{ created: "2025-03-02", expires: "2026-03-02" }, "register entry pay expired 2026-03-02"],
  ])("an entry with %j covers nothing, and says so", (more, because) => {
    const entries = [entry("pay", more)];
    expect(judge({ entries }, { entries, boxes: [box("a")] })[0]?.witness).toMatchObject({ because });
  });

  test("under another trust root it is another identity", () => {
    const entries = [entry("pay", { root: "private" })];
    const boxes = [box("a", { roots: ["fulcio:ab"] })];
    const found = (anchors: readonly string[]) =>
      told(judge({ entries }, { entries, boxes }, { trustRoots: { private: anchors } }));
    expect([found(["fulcio:ab"]), found(["fulcio:cd"])]).toEqual([[], ["GI001 error"]]);
  });

  test("one identity with two entries may sign the images of both", () => {
    const entries = [entry("pay"), entry("more", { san: sanOf("pay", "b"), images: ["r.example/more/**"] })];
    const boxes = [box("a", { image: "r.example/more/*" })];
    expect(told(judge({ entries }, { entries, boxes }))).toEqual([]);
  });

  test("a search that is stopped is open, and never a pass", () => {
    const hostile = box("a", { san: search("^(a|b)*a(a|b){20}$") });
    const entries = [
      entry("pay", {
        issuer: "https://x.example",
        sanPattern: "^(?:a|b)*a(?:b|a){20}$",
        san: undefined,
        patternReason: "test",
      }),
    ];
    const issuers = [{ url: "https://x.example", type: "ci-provider", owner: "o" }];
    const side = { entries, issuers };
    const findings = judge(side, { ...side, boxes: [{ ...hostile, issuer: exact("https://x.example") }] });
    expect(told(findings)).toContain("GC006 undecided");
  }, 60_000);
});

const signer = (account: string, name = "r", namespace = "pay") => ({
  apiVersion: "tekton.dev/v1",
  kind: "PipelineRun",
  metadata: { name, namespace },
  spec: {
    taskRunTemplate: { serviceAccountName: account },
    pipelineSpec: {
      tasks: [{ name: "sign", taskSpec: { steps: [{ name: "s", image: "x", script: "cosign sign r@sha256:1" }] } }],
    },
  },
});

describe("who signs in pipelines (GI003)", () => {
  test.each<[string, Entry, string[]]>([
    ["a managed account", {}, []],
    ["a revoked one", { state: "revoked" }, ["GI003 error"]],
    ["one that retires, anew", { state: "retiring" }, ["GI003 error"]],
    ["one that is over", { created: "2025-03-02", expires: "2026-03-02" }, ["GI003 error"]],
    ["one that is for another pipeline", { pipelines: ["pay/other"] }, ["GI003 error"]],
    ["one that is for this one", { pipelines: ["pay/r"] }, []],
  ])("%s", (_, more, expected) => {
    const entries = [entry("pay", more)];
    expect(told(judge({ entries }, { entries, manifests: [signer("b")] }))).toEqual(expected);
  });

  test("one that retires may go on", () => {
    const side = { entries: [entry("pay", { state: "retiring" })], manifests: [signer("b")] };
    expect(told(judge(side, side))).toEqual([]);
  });

  test("says the SAN of an account that nobody manages", () => {
    const [found] = judge({}, { manifests: [signer("c")] });
    expect(found).toMatchObject({ code: "GI003", witness: { san: sanOf("pay", "c"), serviceAccount: "pay/c" } });
  });
});

const RBAC = "rbac.authorization.k8s.io/v1";
function grant(rule: object, subject: object = { kind: "Group", name: "devs" }, namespace = "pay"): readonly unknown[] {
  return [
    { apiVersion: RBAC, kind: "Role", metadata: { name: "x", namespace }, rules: [rule] },
    {
      apiVersion: RBAC,
      kind: "RoleBinding",
      metadata: { name: "x", namespace },
      roleRef: { kind: "Role", name: "x" },
      subjects: [subject],
    },
  ];
}
const TOKEN = { apiGroups: [""], resources: ["serviceaccounts/token"], verbs: ["create"] };

describe("who may use its account (GI004)", () => {
  test.each<[string, readonly unknown[], string[]]>([
    ["take its token", grant(TOKEN), ["GI004 error"]],
    ["take the token of another", grant({ ...TOKEN, resourceNames: ["c"] }), []],
    ["take it by name", grant({ ...TOKEN, resourceNames: ["b"] }), ["GI004 error"]],
    ["take tokens elsewhere", grant(TOKEN, undefined, "dev"), []],
    ["act as it", grant({ apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"] }), ["GI004 error"]],
    ["make pods", grant({ apiGroups: [""], resources: ["pods"], verbs: ["create"] }), ["GI004 error"]],
    ["make runs", grant({ apiGroups: ["tekton.dev"], resources: ["*"], verbs: ["*"] }), ["GI004 error"]],
    ["read pods", grant({ apiGroups: [""], resources: ["pods"], verbs: ["get"] }), []],
    ["run the cluster", grant(TOKEN, { kind: "Group", name: "system:masters" }), []],
  ])("somebody may %s", (_, manifests, expected) => {
    expect(told(judge({}, { manifests }))).toEqual(expected);
  });

  test("the allowed may, and what was so before is a warning", () => {
    expect(told(judge({}, { manifests: grant(TOKEN) }, { allowedSubjects: ["Group devs"] }))).toEqual([]);
    expect(told(judge({ manifests: grant(TOKEN) }, { manifests: grant(TOKEN) }))).toEqual(["GI004 warning"]);
  });
});

const fulcio = (issuers: object, meta: object = {}) => [{ "oidc-issuers": issuers, "meta-issuers": meta }];

describe("what Fulcio takes (GI005)", () => {
  const known = { [CLUSTER]: { "issuer-url": CLUSTER, "client-id": "sigstore", type: "kubernetes" } };
  test.each<[string, readonly unknown[], string[]]>([
    ["the same", fulcio(known), []],
    ["nothing any more", fulcio({}), []],
    ["another type", fulcio({ [CLUSTER]: { ...known[CLUSTER], type: "email" } }), ["GI005 error"]],
    ["another domain", fulcio({ [CLUSTER]: { ...known[CLUSTER], "subject-domain": "x" } }), ["GI005 error"]],
    ["a new issuer", fulcio({ ...known, "https://x.example": { type: "email" } }), ["GI005 error"]],
    ["issuers by a pattern", fulcio(known, { "https://*.example/x": { type: "kubernetes" } }), ["GI005 error"]],
    ["a near miss", fulcio({ ...known, [`${CLUSTER}/`]: { type: "kubernetes" } }), ["GI005 error", "GI008 error"]],
  ])("%s", (_, manifests, expected) => {
    expect(told(judge({ manifests: fulcio(known) }, { manifests }))).toEqual(expected);
  });

  test("an issuer of the register is expected", () => {
    const issuers = [...ISSUERS, { url: "https://new.example", type: "kubernetes", owner: "platform" }];
    const added = fulcio({ ...known, "https://new.example": { type: "kubernetes" } });
    expect(told(judge({ issuers, manifests: fulcio(known) }, { issuers, manifests: added }))).toEqual([]);
  });
});

describe("the register itself (GI006, GI007)", () => {
  const used = { boxes: [box("a")] };
  test.each<[string, readonly Entry[], Side, string[]]>([
    ["removed and used by a policy", [], used, ["GI006 error"]],
    ["removed and used by a run", [], { manifests: [signer("b")] }, ["GI006 error"]],
    ["removed and not used", [], {}, []],
    ["revoked and used", [entry("pay", { state: "revoked" })], used, ["GI006 error"]],
    ["for fewer images", [entry("pay", { images: ["r.example/pay/x"] })], used, ["GI006 error"]],
    ["for more images", [entry("pay", { images: ["r.example/**"] })], used, []],
    ["of another kind", [entry("pay", { families: ["sbom"] })], used, ["GI006 error"]],
    ["of somebody else's", [entry("pay", { owner: "other" })], used, []],
  ])("an entry %s", (_, entries, after, expected) => {
    const found = judge(after, { ...after, entries });
    expect(told(found).filter((one) => one.startsWith("GI006"))).toEqual(expected);
  });

  test.each<[string, readonly Entry[], string[]]>([
    [
      "a workload that is another",
      [entry("new", { workload: { cluster: "c", namespace: "dev", serviceAccount: "b" } })],
      ["GI007 error"],
    ],
    [
      "a workload that agrees",
      [entry("new", { workload: { cluster: "c", namespace: "new", serviceAccount: "b" } })],
      [],
    ],
    [
      "the SAN of another",
      [entry("a"), entry("n", { san: sanOf("a", "b"), images: ["r.example/a/**"] })],
      ["GI007 error"],
    ],
    ["a namespace one character apart", [entry("a1"), entry("a2")], ["GI007 warning"]],
    ["a SAN that looks the same", [entry("a", { san: "k" }), entry("b", { san: "\u212A" })], ["GI007 warning"]],
    ["an issuer that is nearly the same", [entry("a", { issuer: `${CLUSTER}/` })], ["GI008 error"]],
  ])("an entry with %s", (_, entries, expected) => {
    expect(told(judge({ entries: [] }, { entries }))).toEqual(expected);
  });
});

test("without a register nothing is managed or unmanaged, and that is said", () => {
  const side = { ...sideOf({ boxes: [box("a")] }), register: undefined };
  const part = judgeIdentities({
    before: side,
    after: side,
    config: { allowedSubjects: [], strict: false, trustRoots: {} },
    now: NOW,
    patterns: re2jsCompiler,
  });
  expect([part.findings.length, part.notCovered.map(({ what }) => what)]).toEqual([0, ["identities"]]);
});
