import type { Detector, DetectWorld, Finding } from "./detector.ts";
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
];

/** Everything that the detectors find, in order of time. */
export function detect(world: DetectWorld): readonly Finding[] {
  return DETECTORS.flatMap((detector) => detector.detect(world)).toSorted(
    (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1),
  );
}
