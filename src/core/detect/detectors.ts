import type { Detector, DetectWorld, Finding } from "./detector.ts";
import { builtNotSigned } from "./detectors/built-not-signed/detector.ts";
import { chainsSkipped } from "./detectors/chains-skipped/detector.ts";
import { chainsWeakened } from "./detectors/chains-weakened/detector.ts";
import { definitionChanged } from "./detectors/definition-changed/detector.ts";
import { identityEventMismatch } from "./detectors/identity-event-mismatch/detector.ts";
import { identityIssuerCollision } from "./detectors/identity-issuer-collision/detector.ts";
import { identityReincarnated } from "./detectors/identity-reincarnated/detector.ts";
import { signingPodEntered } from "./detectors/signing-pod-entered/detector.ts";
import { tokenRequested } from "./detectors/token-requested/detector.ts";
import { trustRootUnknown } from "./detectors/trust-root-unknown/detector.ts";
import { exceptionUsed } from "./detectors/exception-used/detector.ts";
import { familySigner } from "./detectors/family-signer/detector.ts";
import { outsideWindow } from "./detectors/outside-window/detector.ts";
import { runMissing } from "./detectors/run-missing/detector.ts";
import { runningUnverified } from "./detectors/running-unverified/detector.ts";

/** All detectors. The order never matters. */
export const DETECTORS: readonly Detector[] = [
  familySigner,
  runMissing,
  runningUnverified,
  exceptionUsed,
  outsideWindow,
  builtNotSigned,
  chainsSkipped,
  chainsWeakened,
  definitionChanged,
  identityEventMismatch,
  identityIssuerCollision,
  identityReincarnated,
  signingPodEntered,
  tokenRequested,
  trustRootUnknown,
];

/** Everything that the detectors find, in order of time. */
export function detect(world: DetectWorld): readonly Finding[] {
  return DETECTORS.flatMap((detector) => detector.detect(world)).toSorted(
    (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1),
  );
}
