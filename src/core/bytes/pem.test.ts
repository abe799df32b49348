import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePem, renderPem } from "./pem.ts";

const ONE = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";

test("parsePem undoes renderPem", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (ders) => {
      expect(parsePem(ders.map((der) => renderPem("CERTIFICATE", der)).join("\n"), "CERTIFICATE")).toEqual(ders);
    }),
  );
});

test("parsePem answers whatever follows a block", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const blocks = parsePem(ONE + text, "CERTIFICATE");
      expect(blocks === undefined).toBe(!/^[ \t\r\n]*$/.test(text));
    }),
  );
});

test.each([
  ["plain", ONE],
  ["with CRLF", ONE.replaceAll("\n", "\r\n")],
  ["without the last newline", ONE.trimEnd()],
  ["with white space around", `\n \t${ONE}\n\n`],
  ["in lines of another length", ONE.replace("AQID", "AQ\nID")],
])("parsePem reads a block %s", (_, text) => {
  expect(parsePem(text, "CERTIFICATE")).toEqual([Uint8Array.of(1, 2, 3)]);
});

test.each([
  ["nothing", ""],
  ["white space alone", " \n"],
  ["another label", ONE.replaceAll("CERTIFICATE", "PUBLIC KEY")],
  ["a second block of another label", ONE + ONE.replaceAll("CERTIFICATE", "PUBLIC KEY")],
  ["labels that differ", ONE.replace("END CERTIFICATE", "END X")],
  ["text before", `subject=x\n${ONE}`],
  ["text after", `${ONE}x`],
  ["a header", ONE.replace("AQID", "Proc-Type: 4,ENCRYPTED\n\nAQID")],
  ["no content", ONE.replace("AQID\n", "")],
  ["base64 that is not canonical", ONE.replace("AQID", "AQJ=")],
  ["no end", ONE.split("-----END")[0] ?? ""],
])("parsePem refuses %s", (_, text) => {
  expect(parsePem(text, "CERTIFICATE")).toBeUndefined();
});
