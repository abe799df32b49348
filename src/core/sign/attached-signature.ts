import type { Bundle } from "../bundle/bundle.ts";
import type { DigestRef } from "../digest.ts";

/** A signature found beside an image, read into a bundle and not judged. */
export type AttachedSignature = {
  readonly layout: "referrer" | "legacy";
  /** The manifest that ties it to the image. */
  readonly manifest: DigestRef;
  /** The blob that holds the bundle, the envelope or the simple-signing payload. */
  readonly blob: DigestRef;
  readonly bundle: Bundle;
  /** What a message signature of the older layout is over; absent for all others. */
  readonly payload?: Uint8Array;
};
