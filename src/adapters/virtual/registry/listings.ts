import { parseDigestRef } from "../../../core/digest.ts";
import { jsonReply, type Exchange, type Reply } from "../serve.ts";
import type { StoredManifest } from "./content.ts";
import { refusal } from "./replies.ts";
import type { RegistryState } from "./state.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

/** Listing referrers (distribution-spec v1.1): an index, filtered by `artifactType` when asked. */
export function answerReferrers(
  state: RegistryState,
  exchange: Exchange,
  repository: string,
  reference: string,
): Reply {
  if (exchange.method !== "GET") return refusal("UNSUPPORTED", exchange.method);
  if (!state.referrersApi) return refusal("NAME_UNKNOWN", exchange.path);
  const subject = parseDigestRef(reference);
  if (!subject) return refusal("DIGEST_INVALID", reference);
  const artifactType = exchange.query.get("artifactType");
  const found = state.content
    .referrers(repository, subject)
    .filter((manifest) => artifactType === null || manifest.artifactType === artifactType);
  const { page, link } = pageOf(found, exchange, state.referrersPerPage);
  const filtered = artifactType === null ? undefined : { "oci-filters-applied": "artifactType" };
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: page.map(toDescriptor) };
  return jsonReply(200, index, { "content-type": INDEX, ...filtered, ...link });
}

/** Listing tags: sorted, `n` at a time after `last`. */
export function answerTags(state: RegistryState, exchange: Exchange, repository: string): Reply {
  const tags = state.content.tags(repository);
  if (!tags) return refusal("NAME_UNKNOWN", repository);
  const last = exchange.query.get("last");
  const rest = last === null ? tags : tags.filter((tag) => tag > last);
  const asked = exchange.query.get("n");
  const page = asked !== null && /^\d{1,9}$/.test(asked) ? rest.slice(0, Number(asked)) : rest;
  const next = `/v2/${repository}/tags/list?n=${asked}&last=${encodeURIComponent(page.at(-1) ?? "")}`;
  const link = page.length > 0 && page.length < rest.length ? { link: `<${next}>; rel="next"` } : {};
  return jsonReply(200, { name: repository, tags: page }, link);
}

function pageOf(
  found: readonly StoredManifest[],
  exchange: Exchange,
  perPage: number,
): { readonly page: readonly StoredManifest[]; readonly link?: { readonly link: string } } {
  const from = /^\d{1,9}$/.exec(exchange.query.get("from") ?? "")?.[0] ?? "0";
  const end = Number(from) + perPage;
  const page = found.slice(Number(from), end);
  if (end >= found.length) return { page };
  const query = new URLSearchParams(exchange.query);
  query.set("from", String(end));
  return { page, link: { link: `<${exchange.path}?${query.toString()}>; rel="next"` } };
}

function toDescriptor(manifest: StoredManifest): Readonly<Record<string, unknown>> {
  const { mediaType, digest, bytes, artifactType, annotations } = manifest;
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType ? { artifactType } : {}),
    ...(annotations ? { annotations } : {}),
  };
}
