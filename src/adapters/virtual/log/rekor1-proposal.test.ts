import { describe, expect, test } from "vitest";
import { messageRequest, newLogSigner, statementRequest } from "../../../../test/setup/log-signer.ts";
import { bug } from "../../../core/bug.ts";
import { parseBase64, toBase64 } from "../../../core/bytes/base64.ts";
import { toHex } from "../../../core/bytes/hex.ts";
import { renderPem } from "../../../core/bytes/pem.ts";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { sha256 } from "../../../core/digest.ts";
import { verifyPrehashed } from "../../noble/verify-prehashed.ts";
import { judgeProposedEntry } from "./rekor1-proposal.ts";

const SIGNER = newLogSigner();
const STATEMENT = { _type: "https://in-toto.io/Statement/v1", subject: [] };
const REQUEST = messageRequest(SIGNER, toUtf8("x"));
const SPEC = {
  data: { hash: { algorithm: "sha256", value: toHex(sha256(toUtf8("x"))) } },
  signature: { content: toBase64(REQUEST.signature), publicKey: { content: pemOf(SIGNER.certificate) } },
};
const PROPOSAL = { apiVersion: "0.0.1", kind: "hashedrekord", spec: SPEC };

describe("judgeProposedEntry", () => {
  test("takes a message, and writes its key anew", () => {
    const untidy = renderPem("CERTIFICATE", SIGNER.certificate).replaceAll("\n", "\r\n").trimEnd();
    const proposal = hashedrekord({
      signature: { ...SPEC.signature, publicKey: { content: toBase64(toUtf8(untidy)) } },
    });
    const judged = judgeProposedEntry(toUtf8(JSON.stringify(proposal)), verifyPrehashed);
    const body = judged.ok ? JSON.parse(new TextDecoder().decode(judged.value.body)) : bug(judged.detail);
    expect(body).toEqual(PROPOSAL);
  });

  test("takes an envelope, keeps the hash of its very text, and orders its signatures", () => {
    const other = newLogSigner();
    const text = JSON.stringify(twiceSigned(other), undefined, 1);
    // As clients in Go send it.
    const nothing = { envelopeHash: null, payloadHash: null, signatures: null };
    const proposal = withSpec(dsse(text, [pemOf(SIGNER.certificate), pemOf(other.certificate)]), nothing);
    const judged = judgeProposedEntry(toUtf8(JSON.stringify(proposal)), verifyPrehashed);
    const { spec } = judged.ok ? JSON.parse(new TextDecoder().decode(judged.value.body)) : bug(judged.detail);
    expect(spec.envelopeHash.value).toBe(toHex(sha256(toUtf8(text))));
    const signatures = spec.signatures.map(({ signature }: { readonly signature: string }) => signature);
    expect(signatures).toEqual(signatures.toSorted());
    expect(signatures).toHaveLength(2);
  });
});

describe("a proposal that is refused", () => {
  test.each<[string, () => unknown]>([
    ["no JSON", () => "{"],
    ["another kind", () => ({ ...PROPOSAL, kind: "rekord" })],
    ["another version", () => ({ ...PROPOSAL, apiVersion: "0.0.2" })],
    ["an unknown member", () => ({ ...PROPOSAL, more: 1 })],
    ["an unknown inner member", () => hashedrekord({ more: 1 })],
    ["no data", () => hashedrekord({ data: undefined })],
    ["another digest", () => hashedrekord({ data: { hash: { algorithm: "sha256", value: "00".repeat(32) } } })],
    ["a digest cut short", () => hashedrekord({ data: { hash: { algorithm: "sha256", value: "00".repeat(31) } } })],
    ["a digest in upper case", () => hashedrekord({ data: { hash: { algorithm: "sha256", value: "AB".repeat(32) } } })],
    ["a weak algorithm", () => hashedrekord({ data: { hash: { algorithm: "sha1", value: "00".repeat(20) } } })],
    [
      "an algorithm of another curve",
      () => hashedrekord({ data: { hash: { algorithm: "sha384", value: "00".repeat(48) } } }),
    ],
    [
      "another key",
      () =>
        hashedrekord({ signature: { ...SPEC.signature, publicKey: { content: pemOf(newLogSigner().certificate) } } }),
    ],
    [
      "two certificates",
      () => hashedrekord({ signature: { ...SPEC.signature, publicKey: { content: pemOf(SIGNER.certificate, 2) } } }),
    ],
    [
      "a flipped signature",
      () => hashedrekord({ signature: { ...SPEC.signature, content: flipLast(SPEC.signature.content) } }),
    ],
    ["an envelope without signatures", () => envelope((value) => ({ ...value, signatures: [] }))],
    ["an envelope that is no JSON", () => envelope(() => "{")],
    [
      "an envelope with a member twice",
      () => envelope((value) => JSON.stringify(value).replace("{", '{"payload":"",')),
    ],
    ["an envelope of another payload", () => envelope((value) => ({ ...value, payload: toBase64(toUtf8("{}")) }))],
    ["an envelope of another type", () => envelope((value) => ({ ...value, payloadType: "text/plain" }))],
    ["an envelope and another key", () => envelope((value) => value, [pemOf(newLogSigner().certificate)])],
    ["an envelope without keys", () => envelope((value) => value, [])],
    [
      "an envelope beside what the log computes",
      () =>
        withSpec(
          envelope((value) => value),
          { signatures: [] },
        ),
    ],
    [
      "an envelope of which one signature is bad",
      () => envelope((value) => ({ ...value, signatures: [...value.signatures, { keyid: "", sig: "AAAA" }] })),
    ],
  ])("for %s", (_, make) => {
    const value = make();
    const text = typeof value === "string" ? value : JSON.stringify(value);
    expect(judgeProposedEntry(toUtf8(text), verifyPrehashed)).toMatchObject({ ok: false });
  });
});

type Envelope = { readonly payload: string; readonly payloadType: string; readonly signatures: readonly unknown[] };

function hashedrekord(change: object) {
  return { ...PROPOSAL, spec: { ...SPEC, ...change } };
}

function withSpec(proposal: ReturnType<typeof dsse>, more: object) {
  return { ...proposal, spec: { ...proposal.spec, ...more } };
}

function envelope(change: (envelope: Envelope) => unknown, keys = [pemOf(SIGNER.certificate)]) {
  const changed = change(envelopeOf(SIGNER));
  return dsse(typeof changed === "string" ? changed : JSON.stringify(changed), keys);
}

function dsse(text: string, keys: readonly string[]) {
  return { apiVersion: "0.0.1", kind: "dsse", spec: { proposedContent: { envelope: text, verifiers: keys } } };
}

function envelopeOf(signer: typeof SIGNER): Envelope {
  const { content } = statementRequest(signer, STATEMENT);
  return JSON.parse(content.kind === "dsse" ? content.envelope : bug("not an envelope")) as Envelope;
}

function twiceSigned(other: typeof SIGNER): Envelope {
  const first = envelopeOf(SIGNER);
  return { ...first, signatures: [...first.signatures, ...envelopeOf(other).signatures] };
}

function pemOf(der: Uint8Array, times = 1): string {
  return toBase64(toUtf8(renderPem("CERTIFICATE", der).repeat(times)));
}

function flipLast(base64: string): string {
  const bytes = parseBase64(base64) ?? bug("not base64");
  return toBase64(bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
}
