import { parseDigestRef, type DigestRef } from "../digest.ts";
import { shapeOf, startReading, toCount, toFullText, toObject } from "../json/fields.ts";
import { readJson } from "../json/read-json.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import { fail, pass, type Verdict } from "../verdict.ts";
import type { EnvelopeReason } from "./reason.ts";

/** What was signed: the descriptor of a manifest (signature-specification, `Payload`). */
export type TargetArtifact = { readonly mediaType: string; readonly digest: DigestRef; readonly size: number };

const PAYLOAD_BYTES_MAX = 256 * 1024;
const DEPTH_MAX = 8;
const PAYLOAD = shapeOf("the payload", ["targetArtifact"]);
/** `annotations` hold what the signer adds (`User metadata`); they bind nothing. */
const TARGET = shapeOf("targetArtifact", ["mediaType", "digest", "size", "annotations"]);

/** Reads the payload, `application/vnd.cncf.notary.payload.v1+json`. */
export function readPayload(bytes: Uint8Array): Parsed<TargetArtifact, EnvelopeReason> {
  const json = readJson(bytes, { bytesMax: PAYLOAD_BYTES_MAX, depthMax: DEPTH_MAX });
  if (!json.ok) return json;
  const reading = startReading();
  const target = toObject(reading, toObject(reading, json.value, PAYLOAD)["targetArtifact"], TARGET);
  const read = reading.conclude({
    mediaType: toFullText(reading, target["mediaType"], "mediaType"),
    digest: toFullText(reading, target["digest"], "digest"),
    size: toCount(reading, target["size"], "size"),
  });
  if (!read.ok) return malformed("notation-envelope", read.detail);
  const digest = parseDigestRef(read.value.digest);
  const isNumber = typeof target["size"] === "number";
  return digest && isNumber
    ? parsed({ ...read.value, digest })
    : malformed("notation-envelope", "the target's digest is not of SHA-256, or its size is no number");
}

/** Judges whether what was signed is this artifact: digest, size and media type, all three (CVE-2023-33959 compared the digest alone). */
export function judgeTarget(target: TargetArtifact, artifact: TargetArtifact): Verdict<"subject-mismatch"> {
  const isSame =
    target.digest === artifact.digest && target.size === artifact.size && target.mediaType === artifact.mediaType;
  return isSame ? pass : fail("subject-mismatch", `signed is ${describe(target)}, asked is ${describe(artifact)}`);
}

function describe({ mediaType, digest, size }: TargetArtifact): string {
  return `${JSON.stringify(mediaType.slice(0, 100))} ${digest} of ${size} bytes`;
}
