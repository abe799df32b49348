import { undiciHttpClient, type HttpClientOptions } from "../../adapters/http/client.ts";
import { verifyPrehashed } from "../../adapters/noble/verify-prehashed.ts";
import { httpRevocationSource } from "../../adapters/notation/revocation-source.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import type { EvidenceRegistry } from "../../capabilities/admit/bounded-registry.ts";
import { bytePool, type BytePool } from "../../capabilities/admit/byte-pool.ts";
import { findFacts } from "../../capabilities/admit/find-facts.ts";
import type { FindFacts } from "../../capabilities/admit/image-facts.ts";
import { findNotations } from "../../capabilities/verify/find-notations.ts";
import { gatherSignatures } from "../../capabilities/verify/gather-signatures.ts";
import { judgeEnvelope } from "../../capabilities/verify/judge-envelope.ts";
import { localTime } from "../../core/policy/build-window.ts";
import type { Clock } from "../../ports/clock.ts";

export type ImageEvidenceOptions = {
  readonly registry: EvidenceRegistry;
  readonly clock: Clock;
  /** Addresses that a certificate's places of revocation may not lead to. */
  readonly refused?: HttpClientOptions["refused"];
};

/** What judges images by what lies beside them: the webhook, the drill and `policy test` all have this one. */
export type ImageEvidenceWorld = {
  readonly find: FindFacts;
  /** Of evidence, over all judgements. */
  readonly pool: BytePool;
  readonly close: () => Promise<void>;
};

/** Evidence that all judgements under way hold together (trust-policy chapter §6). */
const EVIDENCE_BYTES_MAX = 128 * 1024 * 1024;

/** Opens it. Nothing is read or fetched before it is asked for. */
export function openImageEvidence({ registry, clock, refused = [] }: ImageEvidenceOptions): ImageEvidenceWorld {
  // Lists and responses are signed in themselves, and their places are named with plain http.
  const http = undiciHttpClient({ plainHttp: "anywhere", refused });
  const pool = bytePool(EVIDENCE_BYTES_MAX);
  const find = findFacts({
    registry,
    gather: gatherSignatures,
    notation: { find: findNotations, judge: judgeEnvelope(httpRevocationSource(http, clock)) },
    clock,
    matches: (pattern, text) => re2jsCompiler.matchesWhole(pattern, text),
    wallClock: localTime,
    verifyPrehashed,
    pool,
  });
  return { find, pool, close: () => http.close() };
}
