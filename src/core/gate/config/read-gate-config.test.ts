import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../adapters/manifests/documents.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { DEFAULT_GATE_CONFIG } from "./gate-config.ts";
import { readGateConfig, type GateConfigReading } from "./read-gate-config.ts";

function read(text: string): GateConfigReading {
  const { documents, problems } = readDocuments([{ path: "gate.yaml", bytes: toUtf8(text) }]);
  expect(problems).toEqual([]);
  return readGateConfig(documents);
}

const DIGEST = `sha256:${"1".repeat(64)}`;

const WHOLE = `apiVersion: countersign.dev/v1alpha1
kind: GateConfig
include: [policies/**, clusters/*/verify.yaml]
exclude: policies/drafts/**
mustSign: ["registry.acme.example/**"]
signerImages: ["registry.acme.example/sign@${DIGEST}"]
blockTier: issuable
baseline: deny
systems: [{id: nodes, engine: containers, cluster: prod, sources: [policy.json, 'cm.yaml#data["policy.json"]']}]
embedded: ['cm.yaml#data["policy.json"]']
approvers: [lead@acme.example]
allowedSubjects: [Group builders, ServiceAccount pay/b]
requireSigned: true
protectedRef: refs/remotes/origin/main
register: .countersign/register/*.yaml
owners: CODEOWNERS
strict: true
trustRoots: {private-fulcio: ["fulcio:ab12"]}
`;

describe("readGateConfig", () => {
  test("reads every field", () => {
    const { config, problems } = read(WHOLE);
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      choice: {
        include: [{ text: "policies/**" }, { text: "clusters/*/verify.yaml" }],
        exclude: [{ text: "policies/drafts/**" }],
      },
      mustSign: ["registry.acme.example/**"],
      signerImages: [`registry.acme.example/sign@${DIGEST}`],
      blockTier: "issuable",
      baseline: "deny",
      systems: [
        { id: "nodes", engine: "containers", cluster: "prod", sources: ["policy.json", 'cm.yaml#data["policy.json"]'] },
      ],
      embedded: ['cm.yaml#data["policy.json"]'],
      approvers: ["lead@acme.example"],
      allowedSubjects: ["Group builders", "ServiceAccount pay/b"],
      requireSigned: true,
      protectedRef: "refs/remotes/origin/main",
      registers: [{ text: ".countersign/register/*.yaml" }],
      owners: [{ text: "CODEOWNERS" }],
      strict: true,
      trustRoots: { "private-fulcio": ["fulcio:ab12"] },
    });
  });

  test.each(["", "{}", "apiVersion: countersign.dev/v1alpha1\nkind: GateConfig\n"])("%j is as none", (text) => {
    expect(read(text)).toEqual({ config: DEFAULT_GATE_CONFIG, problems: [] });
  });

  test.each([
    ["blockTeir: issuable", "1:1 unknown field blockTeir; did you mean blockTier?"],
    ["blockTier: none", "1:12 blockTier is not theoretical or issuable or existing"],
    ["baseline: off", "1:11 baseline is not admit or deny"],
    ["include: [../x]", '1:11 "../x" is not a pattern of paths'],
    ["include: [a, '[b]']", '1:14 "[b]" is not a pattern of paths'],
    ["mustSign: ['a?']", '1:12 "a?": a? has a character that globs do not allow'],
    ["signerImages: [a:v1]", '1:16 "a:v1" has no digest'],
    ["systems: [{id: a, engine: rego, sources: [x]}]", "1:27 systems[0].engine is not countersign or"],
    ["systems: [{id: a, sources: [x]}]", "1:11 systems[0].engine is missing"],
    ["systems: [{id: a, engine: notation, sources: []}]", "systems[0].sources is empty"],
    ["systems: [{id: a, engine: notation, sources: [x]}, {id: a, engine: notation, sources: [x]}]", 'two systems "a"'],
    ["allowedSubjects: [developers]", '"developers" is not a subject'],
    ["requireSigned: 'yes'", "requireSigned is not true or false"],
    ["kind: TrustPolicy", "kind is not GateConfig"],
    ["apiVersion: v1", "apiVersion is not supported"],
    ["trustRoots: {a: []}", "trustRoots.a is empty"],
    ["approvers: x", "approvers is not a list"],
    ["strict: true\n---\nstrict: false", "3:1 a second document"],
    ["[a]", "the document is not an object"],
  ])("refuses %j", (text, message) => {
    const { config, problems } = read(text);
    expect(config).toBeUndefined();
    expect(problems.map((one) => `${one.line}:${one.column} ${one.message}`).join("\n")).toContain(message);
  });
});
