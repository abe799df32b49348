import { readBundle } from "../bundle/read.ts";
import { toBase64 } from "../bytes/base64.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { renderPem } from "../bytes/pem.ts";
import { toHex } from "../bytes/hex.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import type { Sha256 } from "../digest.ts";
import { decodeEntry } from "../entry/decode-entry.ts";
import type { SigningEvent } from "../entry/signing-event.ts";
import { renderCanonicalJson } from "../json/canonical.ts";
import type { JsonValue } from "../json/json.ts";
import type { LeafIndex } from "../merkle/tree.ts";
import { renderTlogProof } from "../note/tlog-proof.ts";
import { renderRfc3339 } from "../time.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";
import { parseCertificate, type Certificate } from "../x509/certificate.ts";
import { isIssuedBy } from "../x509/chain.ts";
import { parseSctList } from "../x509/sct.ts";
import { sameBytes } from "../bytes/bytes.ts";
import { toMemberName } from "./member-name.ts";
import { CORRELATION_MEMBER } from "./judge-event.ts";
import { TRUSTED_ROOT_MEMBER } from "./judge-evidence-file.ts";
import type { TarFile } from "./tar.ts";
import { renderTimeMember } from "./time-member.ts";

/** All that is known of one event and can be shown to others. */
export type EventEvidence = {
  readonly event: SigningEvent;
  readonly body: Uint8Array;
  /** The inclusion of the entry under the checkpoint of its log. */
  readonly index: LeafIndex;
  readonly path: readonly Sha256[];
  readonly bundle?: Uint8Array;
  readonly correlation?: JsonValue;
};

/** The tree of one log in which entries are proven, and how it became the newest. */
export type LogEvidence = {
  readonly origin: string;
  readonly checkpoint: { readonly size: number; readonly note: string };
  readonly head: { readonly size: number; readonly note: string };
  /** Empty where the two are of one size. */
  readonly consistency: readonly Sha256[];
};

/** What an evidence file shows: events, each in one of the logs, all under one trusted root. */
export type Showing = {
  readonly logs: readonly { readonly tree: LogEvidence; readonly events: readonly EventEvidence[] }[];
  readonly trustedRoot: { readonly bytes: Uint8Array; readonly compiled: CompiledTrust };
  readonly coverage: JsonValue;
  /** What was told of them: our word, which no log proves. */
  readonly story?: JsonValue;
};

/** The members of an evidence file (transparency-log chapter §8), all in formats that others read. */
export function toMembers({ logs, trustedRoot, coverage, story }: Showing): readonly TarFile[] {
  const events = logs.flatMap(({ tree, events: of }) => of.map((event) => ({ tree, event })));
  return [
    ...events.flatMap(({ tree, event }, i) => {
      const folder = `events/${String(i).padStart(3, "0")}`;
      return eventMembers(folder, event, { checkpoint: tree.checkpoint.note, trust: trustedRoot.compiled });
    }),
    ...logs.flatMap(({ tree }) => logMembers(tree)),
    { path: TRUSTED_ROOT_MEMBER, bytes: trustedRoot.bytes },
    jsonMember("coverage.json", coverage),
    ...(story === undefined ? [] : [jsonMember("story.json", story)]),
  ];
}

function eventMembers(
  folder: string,
  { event, body, index, path, bundle, correlation }: EventEvidence,
  { checkpoint, trust }: { readonly checkpoint: string; readonly trust: CompiledTrust },
): readonly TarFile[] {
  const leaf = leafOf(body);
  return [
    { path: `${folder}/entry.json`, bytes: body },
    {
      path: `${folder}/entry.tlog-proof`,
      bytes: toUtf8(renderTlogProof({ extra: body, index, path, checkpoint })),
    },
    { path: `${folder}/time.json`, bytes: renderTimeMember(event) },
    ...(bundle ? [{ path: `${folder}/bundle.sigstore.json`, bytes: bundle }, ...timestampMembers(folder, bundle)] : []),
    ...(leaf ? certificateMembers(folder, leaf, trust) : []),
    ...(correlation === undefined ? [] : [jsonMember(`${folder}/${CORRELATION_MEMBER}`, correlation)]),
  ];
}

function logMembers(tree: LogEvidence): readonly TarFile[] {
  const log = `logs/${toMemberName(tree.origin)}`;
  const { checkpoint, head } = tree;
  return [
    { path: `${log}/checkpoint`, bytes: toUtf8(checkpoint.note) },
    { path: `${log}/head`, bytes: toUtf8(head.note) },
    ...(checkpoint.size < head.size ? [consistencyMember(log, tree)] : []),
  ];
}

function jsonMember(path: string, value: JsonValue): TarFile {
  return { path, bytes: toUtf8(renderCanonicalJson(value)) };
}

function consistencyMember(log: string, { checkpoint, head, consistency }: LogEvidence): TarFile {
  const hashes = consistency.map((hash) => toBase64(hash));
  return jsonMember(`${log}/consistency.json`, { from: checkpoint.size, to: head.size, hashes });
}

function timestampMembers(folder: string, bytes: Uint8Array): readonly TarFile[] {
  const bundle = readBundle(bytes);
  const timestamps = bundle.ok ? bundle.value.timestamps : [];
  return timestamps.map((token, i) => ({ path: `${folder}/ts-${i}.tsr`, bytes: token }));
}

function leafOf(body: Uint8Array): Certificate | undefined {
  const entry = decodeEntry(body);
  const verifier = entry.parsed ? entry.signers[0]?.verifier : undefined;
  const certificate = verifier?.kind === "certificate" ? parseCertificate(verifier.der) : undefined;
  return certificate?.ok ? certificate.value : undefined;
}

/** The chain as PEM, leaf first, and each SCT with the key that it is verified by: for `openssl` and for eyes. */
function certificateMembers(folder: string, leaf: Certificate, trust: CompiledTrust): readonly TarFile[] {
  const ca = trust.cas.find(({ issuer }) => isIssuedBy(leaf, issuer));
  const pem = [leaf, ...(ca?.chain ?? [])].map(({ der }) => toUtf8(renderPem("CERTIFICATE", der)));
  const scts = leaf.sctList ? parseSctList(leaf.sctList) : undefined;
  const members = (scts?.ok ? scts.value : []).map((sct, i): TarFile => {
    const log = trust.ctLogs.find(({ logId }) => sameBytes(logId, sct.logId));
    return jsonMember(`${folder}/sct-${i}.json`, {
      logId: toHex(sct.logId),
      timestamp: renderRfc3339(sct.timestamp),
      extensions: toBase64(sct.extensions),
      signature: toBase64(sct.signature),
      log: log?.baseUrl ?? null,
      logKey: log ? toBase64(log.key.spki) : null,
    });
  });
  return [{ path: `${folder}/chain.pem`, bytes: concatBytes(pem) }, ...members];
}
