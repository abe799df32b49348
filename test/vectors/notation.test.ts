import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFlippedBit } from "../setup/make-notation.ts";
import { codeOf, inStore, root as stranger, rulesOf, storesOf, TARGET } from "../setup/notation-world.ts";
import { at } from "../setup/make-certificate.ts";
import { readPayload } from "../../src/core/notation/payload.ts";
import { COSE_MEDIA_TYPE, JWS_MEDIA_TYPE, type NotationEnvelope } from "../../src/core/notation/envelope.ts";
import { judgeNotation, type JudgedNotation } from "../../src/core/notation/judge-notation.ts";
import { readCoseEnvelope } from "../../src/core/notation/read-cose.ts";
import { readJwsEnvelope } from "../../src/core/notation/read-jws.ts";
import { parseTimestampToken } from "../../src/core/cms/timestamp.ts";
import { parseCertificate, type Certificate } from "../../src/core/x509/certificate.ts";
import { isSelfIssued } from "../../src/core/x509/chain.ts";

const FOLDER = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "verification/notation");

/** Each envelope: what is said of it today under its own root, with and without trusting its time stamp, and why. */
const ENVELOPES = [
  ["ca_valid_sig_env.json", "pass", "time-missing"],
  ["sa_valid_sig_env.json", "pass", "pass"],
  ["ca_expired_sig_env.json", "notation-expired", "time-missing"],
  ["ca_invalid_sig_env.json", "notation-envelope", "notation-envelope"],
  ["ca_plugin_sig_env.json", "notation-plugin-required", "notation-plugin-required"],
  ["jws_signature.sig", "pass", "time-missing"],
  ["cose_signature.sig", "pass", "time-missing"],
  ["withoutTimestamp.sig", "pass", "time-missing"],
  ["jwsWithTimestamp.sig", "pass", "pass"],
  ["coseWithTimestamp.sig", "pass", "pass"],
  ["jwsExpiredWithTimestamp.sig", "cert-not-valid-at-time", "pass"],
  ["coseExpiredWithTimestamp.sig", "cert-not-valid-at-time", "pass"],
  ["timestampBeforeNotBefore.sig", "cert-not-valid-at-time", "cert-not-valid-at-time"],
  ["timestampAfterNotAfter.sig", "cert-not-valid-at-time", "cert-not-valid-at-time"],
] as const;

describe.skipIf(!existsSync(FOLDER))("envelopes of notation-go", () => {
  test.each(ENVELOPES)("%s", (file, plain, stamped) => {
    const bytes = read(file);
    expect([codeOf(judge(bytes, false).verdict), codeOf(judge(bytes, true).verdict)]).toEqual([plain, stamped]);
  });

  test.each(["cose_signature.sig", "jws_signature.sig"])(
    "no bit of %s may be another, but those of the agent",
    (file) => {
      const bytes = read(file);
      const agent = indexOf(bytes, "io.cncf.notary.signingAgent");
      const survivors: number[] = [];
      for (let i = 0; i < bytes.length; i++) {
        if (judge(withFlippedBit(bytes, i), false, bytes).verdict.kind === "pass") survivors.push(i);
      }
      expect(survivors.filter((i) => i < agent || i > agent + AGENT_BYTES)).toEqual([]);
    },
  );
});

/** The name of the unsigned attribute and its value, which nobody signs. */
const AGENT_BYTES = 60;

function read(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, file)));
}

/** Judged as its own publisher would: its root in the store, its own descriptor asked for. */
function judge(bytes: Uint8Array, withTsa: boolean, original = bytes): JudgedNotation {
  const isJws = original[0] === 0x7b;
  const own = envelopeOf(original);
  const type = own?.attributes.scheme === "notary.x509.signingAuthority" ? "signingAuthority" : "ca";
  const payload = own && readPayload(own.payload);
  const root = own && rootOf(own.chain);
  const tsaRoots = withTsa && own ? tsaRootsOf(own) : [];
  return judgeNotation(isJws ? JWS_MEDIA_TYPE : COSE_MEDIA_TYPE, bytes, {
    artifact: payload?.ok ? payload.value : TARGET,
    rules: rulesOf({ identities: ["*"] }),
    trust: storesOf(...(root ? [inStore(type, root)] : []), ...tsaRoots.map((one) => inStore("tsa", one))),
    now: at("2025-03-01T00:00:00Z"),
  });
}

function envelopeOf(bytes: Uint8Array): NotationEnvelope | undefined {
  const envelope = bytes[0] === 0x7b ? readJwsEnvelope(bytes) : readCoseEnvelope(bytes);
  return envelope.ok ? envelope.value : undefined;
}

function rootOf(ders: readonly Uint8Array[]): Certificate | undefined {
  const root = parseCertificate(ders.at(-1) ?? new Uint8Array(0));
  return root.ok ? root.value : undefined;
}

/** The root that the time stamp brings along; where there is none, one of nobody, so that time stamps are asked for. */
function tsaRootsOf({ timestamp }: NotationEnvelope): readonly Certificate[] {
  const token = timestamp && parseTimestampToken(timestamp);
  const embedded = token?.ok ? token.value.signed.certificates.flatMap((der) => rootOf([der]) ?? []) : [];
  return embedded.length > 0 ? embedded.filter(isSelfIssued) : [stranger];
}

function indexOf(bytes: Uint8Array, name: string): number {
  return Buffer.from(bytes).indexOf(name);
}
