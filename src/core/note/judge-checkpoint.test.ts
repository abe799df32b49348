import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bug } from "../bug.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { importPublicKey } from "../crypto/public-key.ts";
import { sha256 } from "../digest.ts";
import type { TreeSize } from "../merkle/tree.ts";
import { parseUnixMs, type UnixMs } from "../time.ts";
import { renderCheckpoint } from "./checkpoint.ts";
import { cosignatureMessage, judgeCosignatures, renderCosignature, type WitnessKey } from "./cosignature.ts";
import { judgeCheckpoint } from "./judge-checkpoint.ts";
import { cosignatureKeyId } from "./key-id.ts";
import { ed25519Check, parseLogKey, type LogKey } from "./log-key.ts";
import { readKeyId, type Note, type NoteSignature } from "./note.ts";

const HOST = "log.example";
const EDDSA = generateKeyPairSync("ed25519");
const ECDSA = generateKeyPairSync("ec", { namedCurve: "P-256" });
const V2 = logKey(HOST, EDDSA.publicKey, "rekor2");
const V2_ECDSA = logKey(HOST, ECDSA.publicKey, "rekor2");
const V1 = logKey("rekor.example", ECDSA.publicKey, "rekor1");
const OTHER = logKey(HOST, generateKeyPairSync("ed25519").publicKey, "rekor2");

describe("judgeCheckpoint of a Rekor v2", () => {
  const text = textOf(HOST);
  const good = lineOf(V2, HOST, sign(null, toUtf8(text), EDDSA.privateKey));

  test("passes a note that the log signed", () => {
    const judged = judgeCheckpoint({ text, signatures: [good] }, [OTHER, V2]);
    expect(judged).toMatchObject({ ok: true, value: { origin: HOST, size: 7, generation: "rekor2" } });
    expect(judged.ok && judged.value.signedBy).toEqual([V2]);
  });

  test("passes with unknown lines before and behind", () => {
    const witness = { ...good, name: "witness.example", signature: new Uint8Array(72) };
    const unknownKey = { ...good, keyId: 1 };
    expect(judgeCheckpoint({ text, signatures: [witness, good, unknownKey] }, [V2])).toMatchObject({ ok: true });
  });

  test("names every key that signed, each once", () => {
    const second = lineOf(V2_ECDSA, HOST, sign("sha256", toUtf8(text), ECDSA.privateKey));
    const judged = judgeCheckpoint({ text, signatures: [good, second, good] }, [V2, V2_ECDSA]);
    expect(judged.ok && judged.value.signedBy).toEqual([V2, V2_ECDSA]);
  });

  test.each<[string, Note["signatures"], string]>([
    ["another key", [lineOf(OTHER, HOST, good.signature)], "checkpoint-unknown-log"],
    ["another name", [{ ...good, name: "log.example.evil" }], "checkpoint-unknown-log"],
    ["a name that is a pattern of the host", [{ ...good, name: "log.exampl." }], "checkpoint-unknown-log"],
    ["a flipped signature", [{ ...good, signature: flip(good.signature) }], "checkpoint-signature"],
    ["a bad line before a good one", [{ ...good, signature: flip(good.signature) }, good], "checkpoint-signature"],
    ["a bad line behind a good one", [good, { ...good, signature: flip(good.signature) }], "checkpoint-signature"],
    ["a short signature", [{ ...good, signature: good.signature.slice(1) }], "checkpoint-signature"],
  ])("refuses %s", (_, signatures, code) => {
    expect(judgeCheckpoint({ text, signatures }, [V2])).toMatchObject({ ok: false, code });
  });

  test("refuses another text under the same signature", () => {
    expect(judgeCheckpoint({ text: textOf(HOST, 8), signatures: [good] }, [V2])).toMatchObject({
      ok: false,
      code: "checkpoint-signature",
    });
  });

  test("refuses a text whose origin is another log's, although the signature is good", () => {
    const foreign = textOf("other.example");
    const line = lineOf(V2, HOST, sign(null, toUtf8(foreign), EDDSA.privateKey));
    expect(judgeCheckpoint({ text: foreign, signatures: [line] }, [V2])).toMatchObject({
      ok: false,
      code: "checkpoint-log-mismatch",
    });
  });

  test("refuses a text that is no checkpoint before it looks at signatures", () => {
    expect(judgeCheckpoint({ text: "hello\n", signatures: [good] }, [V2])).toMatchObject({ code: "checkpoint-syntax" });
  });
});

describe("judgeCheckpoint of a Rekor v1", () => {
  const text = textOf("pod-x7 - 42");
  const good = lineOf(V1, "pod-x7", sign("sha256", toUtf8(text), ECDSA.privateKey));

  test("passes whatever host the log signs as", () => {
    expect(judgeCheckpoint({ text, signatures: [good] }, [V1])).toMatchObject({
      ok: true,
      value: { generation: "rekor1", origin: "pod-x7 - 42" },
    });
  });

  test("skips a line whose name is not the origin's host", () => {
    expect(judgeCheckpoint({ text, signatures: [{ ...good, name: "rekor.example" }] }, [V1])).toMatchObject({
      code: "checkpoint-unknown-log",
    });
  });

  test("refuses a bad signature", () => {
    const bad = { ...good, signature: flip(good.signature) };
    expect(judgeCheckpoint({ text, signatures: [bad] }, [V1])).toMatchObject({ code: "checkpoint-signature" });
  });
});

describe("parseLogKey", () => {
  const spki = spkiOf(EDDSA.publicKey);
  const imported = importPublicKey(spki);
  const base = { host: HOST, key: imported.ok ? imported.value : bug(imported.detail) };

  test("refuses an id of another host", () => {
    expect(parseLogKey({ ...base, logId: V2.keyId })).toBeDefined();
    expect(parseLogKey({ ...base, host: "other.example", logId: V2.keyId })).toBeUndefined();
  });

  test("refuses an id that is cut short", () => {
    expect(parseLogKey({ ...base, logId: V2.keyId.slice(0, 4) })).toBeUndefined();
  });

  test("takes an Ed25519 key of a Rekor v1 by its plain digest", () => {
    expect(parseLogKey({ ...base, logId: sha256(spki) })).toBeDefined();
  });
});

describe("judgeCosignatures", () => {
  const now = at(1_700_000_000_000);
  const text = textOf(HOST);
  const raw = spkiOf(EDDSA.publicKey).subarray(-32);
  const witness: WitnessKey = {
    name: "w.example",
    keyId: cosignatureKeyId("w.example", raw),
    verifies: ed25519Check(raw) ?? bug("not a key"),
  };
  const line = (seconds: number): NoteSignature => ({
    name: "w.example",
    keyId: readKeyId(witness.keyId),
    signature: renderCosignature(seconds, sign(null, cosignatureMessage(text, seconds), EDDSA.privateKey)),
  });

  test("gives the time the witness saw it", () => {
    expect(judgeCosignatures({ text, signatures: [line(1_699_999_000)] }, [witness], now)).toEqual({
      ok: true,
      value: [{ witness: "w.example", at: 1_699_999_000_000 }],
    });
  });

  const ahead = (seconds: number) => judgeCosignatures({ text, signatures: [line(seconds)] }, [witness], now);

  test("skips one that is more than five seconds ahead of us", () => {
    expect(ahead(1_700_000_005)).toMatchObject({ value: [{ at: 1_700_000_005_000 }] });
    expect(ahead(1_700_000_006)).toEqual({ ok: true, value: [] });
  });

  test.each<[string, NoteSignature]>([
    ["the time 0", line(0)],
    ["another time than signed", { ...line(5), signature: line(6).signature.with(7, 5) }],
    ["a signature without a time", { ...line(5), signature: line(5).signature.slice(8) }],
    ["a time beyond all calendars", { ...line(5), signature: line(5).signature.with(0, 255) }],
  ])("refuses %s", (_, signature) => {
    expect(judgeCosignatures({ text, signatures: [signature] }, [witness], now)).toMatchObject({
      ok: false,
      code: "cosignature-invalid",
    });
  });

  test("skips unknown witnesses and the same key under another name", () => {
    const signatures: Note["signatures"] = [{ ...line(5), name: "x.example" }];
    expect(judgeCosignatures({ text, signatures }, [witness], now)).toEqual({ ok: true, value: [] });
  });
});

function logKey(host: string, publicKey: KeyObject, generation: "rekor1" | "rekor2"): LogKey {
  const key = importPublicKey(spkiOf(publicKey));
  if (!key.ok) return bug(key.detail);
  const { spki, alg } = key.value;
  const logId = generation === "rekor1" || alg !== "ed25519" ? sha256(spki) : spelledOutId(host, spki.subarray(-32));
  return parseLogKey({ host, logId, key: key.value }) ?? bug("ids do not fit");
}

/** The id of an Ed25519 key as C2SP signed-note spells it out, written again here. */
function spelledOutId(host: string, raw: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(...toUtf8(host), 10, 1, ...raw));
}

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ type: "spki", format: "der" }));
}

function lineOf(key: LogKey, name: string, signature: Uint8Array): NoteSignature {
  return { name, keyId: readKeyId(key.keyId), signature: new Uint8Array(signature) };
}

function textOf(origin: string, size = 7): string {
  return renderCheckpoint({ origin, size: size as TreeSize, root: sha256(new Uint8Array()), extensions: [] });
}

function flip(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
}

function at(ms: number): UnixMs {
  return parseUnixMs(ms) ?? bug("not an instant");
}
