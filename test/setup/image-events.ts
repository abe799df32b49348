import { gatherSignatures } from "../../src/capabilities/verify/gather-signatures.ts";
import { leafJudge } from "../../src/core/entry/leaf-judge.ts";
import type { SigningEvent } from "../../src/core/entry/signing-event.ts";
import { toSigningEvent } from "../../src/core/entry/to-signing-event.ts";
import { leafHash } from "../../src/core/merkle/tree.ts";
import type { UnixMs } from "../../src/core/time.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import type { StepWorld } from "./step-world.ts";

/** The signing events that a follower of the log would have of what is attached to an image. */
export async function eventsOf(
  { registry, sigstore }: StepWorld,
  image: Parameters<typeof gatherSignatures>[1],
  firstSeen: UnixMs,
): Promise<readonly SigningEvent[]> {
  const root = readTrustedRoot(sigstore.trustedRoot);
  const trust = root.ok ? compileTrust(root.value) : root;
  if (!trust.ok) throw new Error(`${trust.code}: ${trust.detail}`);
  const judge = leafJudge(trust.value.cas);
  const { signatures } = await gatherSignatures(registry, image, new AbortController().signal);
  return signatures.flatMap(({ bundle }) =>
    bundle.entries.map(({ canonicalizedBody: body, logIndex }) =>
      toSigningEvent({ log: "log", logIndex, leafHash: leafHash(body), body, seenBetween: {}, firstSeen }, judge),
    ),
  );
}
