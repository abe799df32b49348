import { readFileSync } from "node:fs";
import type { Detector } from "../core/detect/detector.ts";
import { DETECTORS } from "../core/detect/detectors.ts";

/** A detector, and what its page says, which the tests execute. */
export type DetectorPage = { readonly detector: Detector; readonly page: string };

/** Reads the page of a detector by its id or name; `undefined` when there is no such detector. */
export function readDetectorPage(id: string): DetectorPage | undefined {
  const detector = DETECTORS.find((known) => known.id === id.toUpperCase() || known.name === id);
  if (!detector) return undefined;
  const file = new URL(`../../src/core/detect/detectors/${detector.name}/detector.md`, import.meta.url);
  return { detector, page: readFileSync(file, "utf8") };
}

export const DETECTOR_NAMES: readonly string[] = DETECTORS.flatMap(({ id, name }) => [id, name]);
