/** What evidence of one image may cost, unless a policy lowers it (trust-policy chapter §3.4). By the names of `spec.limits`. */
export const DEFAULT_LIMITS: Readonly<Record<string, number>> = {
  manifestBytes: 4 * 1024 * 1024,
  referrerPages: 10,
  referrers: 256,
  candidates: 100,
  signatureChecks: 64,
  legacyLayers: 64,
  bundleBytes: 4 * 1024 * 1024,
  attestationBytes: 16 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
  imagesPerReview: 32,
  imagesAtATime: 8,
  platforms: 64,
};
