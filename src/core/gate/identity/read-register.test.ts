import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDocuments } from "../../../adapters/manifests/documents.ts";
import { re2jsCompiler } from "../../../adapters/re2js/regex-compiler.ts";
import { toUtf8 } from "../../bytes/utf8.ts";
import { readRegister, type RegisterReading } from "./read-register.ts";

const ENTRY = `- id: pay
  owner: team-pay
  issuer: https://kubernetes.default.svc
  san: https://kubernetes.io/namespaces/pay/serviceaccounts/b
  workload: { cluster: prod, namespace: pay, serviceAccount: b }
  root: private-fulcio
  families: [image]
  images: ["ghcr.io/acme/pay/**"]
  created: 2026-03-02
  expires: 2027-03-02
  state: active
`;
const HEAD = `apiVersion: countersign.dev/v1alpha1
kind: IdentityRegister
identities:
`;
const ISSUERS = `issuers:
- { url: "https://kubernetes.default.svc", type: kubernetes, owner: platform, audience: sigstore }
`;
const GOOD = HEAD + ENTRY + ISSUERS;

function read(...texts: readonly string[]): RegisterReading {
  const files = texts.map((text, i) => ({ path: `r${i}.yaml`, bytes: toUtf8(text) }));
  const { documents, problems } = readDocuments(files);
  const reading = readRegister(documents, re2jsCompiler);
  return problems.length === 0 ? reading : { problems };
}

const told = ({ problems }: RegisterReading): readonly string[] =>
  problems.map(({ file, line, id, message }) => `${file}:${line} ${id} ${message}`);

describe("readRegister", () => {
  test("reads an entry and an issuer with their places", () => {
    const { register } = read(GOOD);
    expect(register?.entries).toMatchObject([
      {
        id: "pay",
        isPattern: false,
        families: ["image"],
        state: "active",
        expiresText: "2027-03-02",
        place: { file: "r0.yaml", line: 4, pointer: "/identities/0" },
      },
    ]);
    expect(register?.issuers).toMatchObject([{ type: "kubernetes", place: { line: 16, pointer: "/issuers/0" } }]);
  });

  test("reads the same from under spec, as objects of a cluster have it", () => {
    const indented = (ENTRY + ISSUERS).replaceAll(/^(?=.)/gm, "  ").replace(/^/, "  identities:\n");
    const object = read(`${HEAD.replace("identities:\n", "")}metadata: { name: r }\nspec:\n${indented}`);
    expect(told(object)).toEqual([]);
    expect(object.register?.entries[0]).toMatchObject({ id: "pay", place: { line: 6, pointer: "/spec/identities/0" } });
  });

  test("takes several files for one register, and refuses an id that is there twice", () => {
    expect(
      read(
        GOOD,
        GOOD.replace("id: pay", "id: more").replace('https://kubernetes.default.svc", t', 'https://b.example", t'),
      ).register?.entries,
    ).toHaveLength(2);
    expect(told(read(GOOD, HEAD + ENTRY))).toEqual(['r1.yaml:4 TP006 "pay" is there twice (r0.yaml:4)']);
  });

  test.each([
    ["kind: IdentityRegister", "kind: Register", "2 TP005 kind is not IdentityRegister"],
    ["v1alpha1", "v9", "1 TP005 apiVersion is not supported"],
    ["  owner: team-pay\n", "", "4 TP004 identities[0].owner is missing"],
    ["  owner:", "  ower:", "5 TP003 unknown field identities[0].ower; did you mean owner?"],
    ["id: pay", "id: Pay", '4 TP007 "Pay" is no id'],
    ["  expires: 2027-03-02\n", "", "4 TP004 identities[0].expires is missing"],
    ["expires: 2027-03-02", "expires: 2028-03-02", "13 TP007 identities[0] lasts longer than 400 days"],
    ["expires: 2027-03-02", "expires: soon", "13 TP007 identities[0].expires is not a date or time"],
    ["namespace: pay,", "namespace: default,", "8 TP007 namespace default is everybody's"],
    ["namespace: pay,", 'namespace: "pay-*",', '8 TP007 namespace "pay-*" is a pattern'],
    ["accounts/b\n", "accounts/*\n", '7 TP007 "https://kubernetes.io/namespaces/pay/serviceaccounts/*" is a pattern'],
    ["  san:", "  sanPattern: x\n  san:", "7 TP006 identities[0] has both san and sanPattern"],
    ["  san: https", "  sanPattern: '.*'\n  owner2: https", '7 TP007 ".*" matches identities without end'],
    ["  san: https", "  sanPattern: '('\n  owner2: https", "7 TP007"],
    ["families: [image]", "families: [images]", "10 TP007 identities[0].families[0] is not image or sbom"],
    ["families: [image]", "families: []", "10 TP007 identities[0].families is empty"],
    ['"ghcr.io/acme/pay/**"', '"ghcr.io/{a,b}"', "11 TP007"],
    ["state: active", "state: paused", "14 TP007 identities[0].state is not active or retiring or revoked"],
    ["type: kubernetes", "type: cluster", "16 TP007 issuers[0].type is not kubernetes"],
    ["type: kubernetes, ", "", "16 TP004 issuers[0] has no type"],
    ["identities:\n", "identities: {}\nx:\n", "3 TP004 identities is not a list"],
    ["state: active", "state: active\n  state: revoked", "15 TP002"],
    ["id: pay", "id: &a pay\n  root: *b", "TP002"],
  ])("says where and what is wrong: %j for %j", (right, wrong, expected) => {
    const reading = read(GOOD.replace(right, wrong));
    expect(reading.register).toBeUndefined();
    expect(told(reading).join("\n")).toContain(expected);
  });

  test.each(["", "null", "[]", "a: b", "- a", "{", "%YAML 9", "\u0000", "&a [*a, *a]"])("refuses %j", (text) => {
    expect(read(text).register?.entries ?? []).toEqual([]);
  });

  test("never throws, whatever is cut, doubled or put in", () => {
    const piece = fc.constantFrom(
      "- ",
      "\n",
      "  ",
      ": ",
      "{",
      "]",
      "&a ",
      "*a",
      "!!x ",
      "|",
      "san:",
      "sanPattern: (a*)*",
      "null",
      "\t",
      "€",
    );
    const edit = fc.record({ at: fc.nat(GOOD.length), cut: fc.nat(12), put: fc.array(piece, { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = GOOD;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put.join("") + text.slice(at + cut);
        const reading = read(text);
        for (const problem of reading.problems) expect(problem.line).toBeGreaterThan(0);
        expect(reading.register === undefined).toBe(reading.problems.length > 0);
      }),
      { numRuns: 300 },
    );
  });
});
