import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bug } from "../../src/core/bug.ts";
import { parseBase64 } from "../../src/core/bytes/base64.ts";
import { importPublicKey } from "../../src/core/crypto/public-key.ts";
import { judgeCosignatures, toWitnessKey, type WitnessKey } from "../../src/core/note/cosignature.ts";
import { judgeCheckpoint } from "../../src/core/note/judge-checkpoint.ts";
import { parseLogKey, type LogKey } from "../../src/core/note/log-key.ts";
import { judgeInclusion } from "../../src/core/merkle/inclusion.ts";
import { leafHash } from "../../src/core/merkle/tree.ts";
import { parseNote, renderNote, type Note } from "../../src/core/note/note.ts";
import { parseTlogProof, renderTlogProof } from "../../src/core/note/tlog-proof.ts";
import { parseVkey, renderVkey } from "../../src/core/note/vkey.ts";
import { parseUnixMs } from "../../src/core/time.ts";

const LOG = join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "log");

/** The parts of a trusted root and a bundle that this suite reads. */
type TrustedRoot = {
  readonly tlogs: readonly {
    readonly baseUrl: string;
    readonly publicKey: { readonly rawBytes: string; readonly keyDetails: string };
    readonly logId: { readonly keyId: string };
  }[];
};
type BundleJson = {
  readonly verificationMaterial: {
    readonly tlogEntries: readonly {
      readonly inclusionProof?: { readonly checkpoint?: { readonly envelope: string } };
    }[];
  };
};

describe.skipIf(!existsSync(LOG))("real checkpoints", () => {
  const witnesses = existsSync(LOG) ? witnessesOf(readFileSync(join(LOG, "ORIGIN.md"), "utf8")) : [];
  const keys = existsSync(LOG) ? [...keysOf("tuf-public"), ...keysOf("tuf-staging")] : [];
  const names = existsSync(LOG) ? readdirSync(join(LOG, "checkpoints")).filter((name) => name.startsWith("rekor")) : [];

  test.each(names)("%s verifies, and not with one bit changed", (name) => {
    const note = noteAt(join(LOG, "checkpoints", name));
    expect(judgeCheckpoint(note, keys)).toMatchObject({
      ok: true,
      value: { generation: name.startsWith("rekor1") ? "rekor1" : "rekor2" },
    });
    const grown = { ...note, text: note.text.replace("\n1", "\n2").replace(/\n(\d+)\n/, "\n9$1\n") };
    expect(judgeCheckpoint(grown, keys)).toMatchObject({ ok: false, code: "checkpoint-signature" });
  });

  test("the cosignatures of every listed witness verify", () => {
    const seen = readdirSync(join(LOG, "checkpoints")).flatMap((name) => {
      const judged = judgeCosignatures(noteAt(join(LOG, "checkpoints", name)), witnesses, farFuture());
      return judged.ok ? judged.value : bug(judged.detail);
    });
    const proof = parseTlogProof(readFileSync(join(LOG, "tlog-proof/v2-attestation-cosigned.tlog-proof")));
    const note = parseNote(new TextEncoder().encode(proof.ok ? proof.value.checkpoint : bug(proof.detail)));
    const more = judgeCosignatures(note.ok ? note.value : bug(note.detail), witnesses, farFuture());
    const all = [...seen, ...(more.ok ? more.value : bug(more.detail))];
    expect(all).toHaveLength(8);
    expect(new Set(all.map(({ witness }) => witness)).size).toBe(6);
  });

  test.each(existsSync(LOG) ? readdirSync(join(LOG, "tlog-proof")) : [])("%s proves its entry", (name) => {
    const bytes = new Uint8Array(readFileSync(join(LOG, "tlog-proof", name)));
    const proof = parseTlogProof(bytes);
    if (!proof.ok) throw new Error(proof.detail);
    expect(renderTlogProof(proof.value)).toBe(new TextDecoder().decode(bytes));
    const note = parseNote(new TextEncoder().encode(proof.value.checkpoint));
    const judged = judgeCheckpoint(note.ok ? note.value : bug(note.detail), keys);
    if (!judged.ok) throw new Error(judged.detail);
    const { index, path, extra } = proof.value;
    const { size, root } = judged.value;
    const leaf = leafHash(extra ?? bug("no body"));
    expect(judgeInclusion({ leaf, index, size, root, path })).toEqual({ kind: "pass" });
  });
});

describe.skipIf(!existsSync(LOG))("checkpoints of the conformance suite", () => {
  const EXPECTED: Readonly<Record<string, string>> = {
    "checkpoint-bad-keyhint_fail": "checkpoint-unknown-log",
    "invalid-checkpoint-signature_fail": "checkpoint-signature",
    "rekor2-checkpoint-missing-log-signature_fail": "checkpoint-signatures",
    "rekor2-checkpoint-missing-origin_fail": "checkpoint-syntax",
    "rekor2-checkpoint-missing-root-hash_fail": "checkpoint-syntax",
    "rekor2-checkpoint-missing-size_fail": "checkpoint-syntax",
    "rekor2-checkpoint-no-matching-signature_fail": "checkpoint-unknown-log",
  };
  const folders = existsSync(LOG)
    ? readdirSync(join(LOG, "conformance")).filter((name) => envelopesOf(name).length > 0)
    : [];

  test.each(folders)("%s", (folder) => {
    const own = join(LOG, "conformance", folder, "trusted_root.json");
    const keys = existsSync(own) ? keysIn(own) : [...keysOf("tuf-public"), ...keysOf("tuf-staging")];
    for (const envelope of envelopesOf(folder)) {
      const note = parseNote(new TextEncoder().encode(envelope));
      const judged = note.ok ? judgeCheckpoint(note.value, keys) : note;
      expect(judged.ok ? "ok" : judged.code).toBe(EXPECTED[folder] ?? "ok");
    }
  });
});

function envelopesOf(folder: string): readonly string[] {
  const path = join(LOG, "conformance", folder, "bundle.sigstore.json");
  if (!existsSync(path)) return [];
  const bundle = JSON.parse(readFileSync(path, "utf8")) as BundleJson;
  return (bundle.verificationMaterial.tlogEntries ?? []).flatMap(
    (entry) => entry.inclusionProof?.checkpoint?.envelope ?? [],
  );
}

function keysOf(folder: string): readonly LogKey[] {
  return keysIn(join(LOG, folder, "trusted_root.json"));
}

function keysIn(path: string): readonly LogKey[] {
  const root = JSON.parse(readFileSync(path, "utf8")) as TrustedRoot;
  return root.tlogs.map((log) => {
    const key = importPublicKey(parseBase64(log.publicKey.rawBytes) ?? bug("not base64"));
    const host = new URL(log.baseUrl).hostname;
    const logId = parseBase64(log.logId.keyId) ?? bug("not base64");
    return (
      parseLogKey({ host, logId, key: key.ok ? key.value : bug(key.detail) }) ?? bug(`${log.baseUrl}: ids do not fit`)
    );
  });
}

function witnessesOf(origin: string): readonly WitnessKey[] {
  return origin.split("\n").flatMap((line) => {
    const vkey = /^\S+\+[0-9a-f]{8}\+\S+$/.test(line) ? parseVkey(line) : undefined;
    if (!vkey?.ok) return [];
    expect(renderVkey(vkey.value)).toBe(line);
    return toWitnessKey(vkey.value) ?? [];
  });
}

function noteAt(path: string): Note {
  const bytes = new Uint8Array(readFileSync(path));
  const note = parseNote(bytes);
  if (!note.ok) return bug(note.detail);
  expect(renderNote(note.value)).toBe(new TextDecoder().decode(bytes));
  return note.value;
}

function farFuture(): NonNullable<ReturnType<typeof parseUnixMs>> {
  return parseUnixMs(4_000_000_000_000) ?? bug("not an instant");
}
