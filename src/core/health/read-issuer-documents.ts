import { isFields, readFields } from "../pipelines/field-reader.ts";

/** What a cluster says of its tokens (OpenID Connect Discovery 1.0 §3). Absent members are empty. */
export type IssuerDiscovery = {
  readonly issuer: string;
  readonly jwksUri: string;
  /** `id_token_signing_alg_values_supported`. */
  readonly algorithms: readonly string[];
};

const KEYS_MAX = 100;

/** Reads a discovery document; `undefined` when it is no object. */
export function readDiscovery(document: unknown): IssuerDiscovery | undefined {
  const fields = readFields(document, []);
  if (!isFields(document)) return undefined;
  const algorithms = fields.items("id_token_signing_alg_values_supported").map(({ value }) => value);
  return {
    issuer: fields.text("issuer") ?? "",
    jwksUri: fields.text("jwks_uri") ?? "",
    algorithms: algorithms.filter((value) => typeof value === "string"),
  };
}

/** Reads the ids of the keys of a JWK set (RFC 7517 §5), at most a hundred; `undefined` when it is none. */
export function readKeyIds(document: unknown): readonly string[] | undefined {
  const fields = readFields(document, []);
  if (!isFields(document) || !Array.isArray(document["keys"])) return undefined;
  return fields
    .items("keys")
    .slice(0, KEYS_MAX)
    .flatMap((key) => key.text("kid") ?? []);
}
