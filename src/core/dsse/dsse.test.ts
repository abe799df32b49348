import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseUtf8, toUtf8 } from "../bytes/utf8.ts";
import { toEnvelope } from "../bundle/read.ts";
import { startReading } from "../json/fields.ts";
import type { JsonValue } from "../json/json.ts";
import { renderEnvelope } from "./envelope.ts";
import { toPae } from "./pae.ts";
import { hasSubject, readStatement, renderStatement, type Statement } from "./statement.ts";

describe("toPae", () => {
  test("encodes the example of the DSSE specification", () => {
    const pae = toPae("http://example.com/HelloWorld", toUtf8("hello world"));
    expect(parseUtf8(pae)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  test("counts bytes, not characters", () => {
    expect(parseUtf8(toPae("ü", toUtf8("€")))).toBe("DSSEv1 2 ü 3 €");
  });

  test("gives different bytes for different pairs", () => {
    const pair = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(pair, pair, ([typeA, a], [typeB, b]) => {
        fc.pre(typeA !== typeB || a !== b);
        expect(toPae(typeA, toUtf8(a))).not.toEqual(toPae(typeB, toUtf8(b)));
      }),
    );
  });
});

const hex = "ab".repeat(32);
const document = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "app", digest: { sha256: hex } }],
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: { buildDefinition: {} },
};
const read = (value: unknown) => readStatement(toUtf8(JSON.stringify(value)));

describe("readStatement", () => {
  test.each([
    ["v1", document],
    ["v0.1", { ...document, _type: "https://in-toto.io/Statement/v0.1" }],
    ["members it does not know", { ...document, extra: 1, subject: [{ ...document.subject[0], uri: "x" }] }],
    ["no predicate", { ...document, predicate: undefined }],
  ])("reads %s", (_, value) => {
    expect(read(value)).toMatchObject({ ok: true, value: { predicateType: document.predicateType } });
  });

  test.each([
    ["another type", { ...document, _type: "https://in-toto.io/Statement/v2" }, "statement-type"],
    ["no type", { ...document, _type: undefined }, "statement-type"],
    ["no predicate type", { ...document, predicateType: "" }, "field-missing"],
    ["a predicate type that is a list", { ...document, predicateType: ["x"] }, "field-type"],
    ["a subject that is text", { ...document, subject: ["x"] }, "field-type"],
    ["a subject without digests", { ...document, subject: [{ name: "x" }] }, "field-type"],
    ["a digest that is a number", { ...document, subject: [{ digest: { sha256: 1 } }] }, "field-type"],
    [
      "1,025 subjects",
      { ...document, subject: Array.from({ length: 1025 }, () => ({ digest: {} })) },
      "too-many-subjects",
    ],
    [
      "33 digests",
      { ...document, subject: [{ digest: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, ""])) }] },
      "too-many-digests",
    ],
    ["a list", [document], "field-type"],
  ])("refuses %s", (_, value, code) => {
    expect(read(value)).toMatchObject({ ok: false, code });
  });

  test("refuses a predicate type given twice", () => {
    const text = JSON.stringify(document).replace(`"predicate":`, `"predicateType":"x","predicate":`);
    expect(readStatement(toUtf8(text))).toMatchObject({ ok: false, code: "json-duplicate-key" });
  });

  test("reads what renderStatement writes", () => {
    const statement: Statement = {
      subjects: [{ name: "a", digests: { sha256: hex } }, { digests: {} }],
      predicateType: "t",
      predicate: { x: [1] },
    };
    expect(readStatement(renderStatement(statement))).toEqual({ ok: true, value: statement });
  });

  test("never throws, whatever the payload", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.keys(document)), (value, member) => {
        expect(read({ ...document, [member]: value })).toHaveProperty("ok");
        expect(read(value)).toHaveProperty("ok");
      }),
    );
  });
});

describe("hasSubject", () => {
  const statement: Statement = {
    subjects: [{ digests: {} }, { digests: { sha256: hex } }],
    predicateType: "t",
    predicate: null,
  };

  test("finds a digest by algorithm and lower-case hexadecimal alone", () => {
    expect(hasSubject(statement, "sha256", hex)).toBe(true);
    expect(hasSubject(statement, "sha256", hex.toUpperCase())).toBe(false);
    expect(hasSubject(statement, "sha512", hex)).toBe(false);
  });
});

describe("renderEnvelope", () => {
  test("writes an envelope that is read back", () => {
    const envelope = {
      payload: toUtf8("{}"),
      payloadType: "application/vnd.in-toto+json",
      signature: Uint8Array.of(1, 2, 3),
    };
    const reading = startReading<"dsse-signature-count">();
    const content = toEnvelope(reading, JSON.parse(renderEnvelope(envelope)) as JsonValue, 1000);
    expect(reading.conclude(content)).toEqual({ ok: true, value: { kind: "dsse", keyid: "", ...envelope } });
  });
});
