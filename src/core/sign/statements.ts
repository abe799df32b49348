import type { DigestRef } from "../digest.ts";
import { COSIGN_SIGN_PREDICATE_TYPE, renderStatement } from "../dsse/statement.ts";
import type { JsonValue } from "../json/json.ts";

const SHA256_PREFIX = "sha256:";

/**
 * The statement that is an image signature: Cosign v3's, which says nothing but that it is signed (cosign
 * `cmd/cosign/cli/sign/sign.go`). The same image and annotations give the same bytes: no time is in it.
 */
export function renderImageStatement(image: DigestRef, annotations: Readonly<Record<string, string>> = {}): Uint8Array {
  const digests = { sha256: image.slice(SHA256_PREFIX.length) };
  const subject = Object.keys(annotations).length > 0 ? { digests, annotations } : { digests };
  return renderStatement({ subjects: [subject], predicateType: COSIGN_SIGN_PREDICATE_TYPE, predicate: {} });
}

/** The statement that says something about an artifact; `name` is its repository or file name. */
export function renderAttestationStatement(said: {
  readonly name: string;
  readonly digest: DigestRef;
  readonly predicateType: string;
  readonly predicate: JsonValue;
}): Uint8Array {
  const subject = { name: said.name, digests: { sha256: said.digest.slice(SHA256_PREFIX.length) } };
  return renderStatement({ subjects: [subject], predicateType: said.predicateType, predicate: said.predicate });
}
