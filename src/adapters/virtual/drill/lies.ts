import { gzipSync } from "node:zlib";
import { toUtf8 } from "../../../core/bytes/utf8.ts";
import { digestRefOf } from "../../../core/digest.ts";
import type { LieName } from "../../../core/drill/plan.ts";
import { IMAGE_MANIFEST_MEDIA_TYPE } from "../../../core/sign/referrer.ts";
import { jsonReply, type Outage, type Reply } from "../serve.ts";
import { INDEX_MEDIA_TYPE, type PushedImage } from "./image.ts";

/** What a lie is about: the images that were pushed, and where nobody should be led. */
export type LieContext = {
  readonly asked: PushedImage;
  readonly other: PushedImage;
  /** `http://localhost:<port>` of a registry that counts who asks it. */
  readonly elsewhere: string;
};

/** What happens to a request, by its path; `undefined` is the truth. */
type Lie = (context: LieContext) => Outage;

/** A registry that lies in one way. */
export function lieOf(name: LieName, context: LieContext): Outage {
  return LIES[name](context);
}

const MANIFEST = /\/manifests\/sha256:/;
const BLOB = /\/blobs\/sha256:/;
const REFERRERS = /\/referrers\/sha256:/;
const SIG = /\/manifests\/sha256-[0-9a-f]{64}\.sig$/;

/** Only reads are lied to: what is pushed has to arrive. */
function reading(lie: (path: string, number: number) => ReturnType<Outage>): Outage {
  let number = 0;
  return ({ method, path }) => {
    if (method !== "GET") return undefined;
    number += 1;
    return lie(path, number);
  };
}

const LIES: Readonly<Record<LieName, Lie>> = {
  "tag-moves": ({ other }) => {
    let seen = 0;
    return reading((path) => {
      if (!path.endsWith("/manifests/v1")) return undefined;
      seen += 1;
      return seen === 1 ? undefined : manifestReply(other);
    });
  },
  // Of the signature, which is read by digest; the image itself is not.
  "other-manifest": ({ asked, other }) =>
    reading((path) => (MANIFEST.test(path) && !path.endsWith(asked.digest) ? manifestReply(other) : undefined)),
  "other-blob": () => reading((path) => (BLOB.test(path) ? { status: 200, body: "{}" } : undefined)),
  "other-index": ({ asked, other }) =>
    reading((path) => (path.endsWith(`/manifests/${asked.digest}`) ? manifestReply(other) : undefined)),
  "header-digest": ({ asked, other }) =>
    reading((path) => (path.endsWith("/manifests/v1") ? manifestReply(asked, other.digest) : undefined)),
  "odd-manifest": ({ asked }) =>
    reading((path) => (path.endsWith(`/manifests/${asked.digest}`) ? manifestReply(asked) : undefined)),
  "many-layers": () => {
    const many = manyLayers();
    const digest = digestRefOf(toUtf8(many.body));
    return reading((path) => (SIG.test(path) || path.endsWith(`/manifests/${digest}`) ? many : undefined));
  },
  "many-referrers": () => reading((path) => (REFERRERS.test(path) ? manyReferrers(MANY_REFERRERS) : undefined)),
  "endless-pages": () =>
    reading((path, number) => (REFERRERS.test(path) ? withNext(manyReferrers(1, number), path, number) : undefined)),
  trickle: () => reading((path) => (BLOB.test(path) ? { status: 200, trickles: true } : undefined)),
  "gzip-bomb": () => reading((path) => (BLOB.test(path) ? bomb() : undefined)),
  "redirect-link-local": () =>
    reading((path) => (BLOB.test(path) ? moved("http://169.254.169.254/latest") : undefined)),
  "redirect-manifest": ({ elsewhere }) =>
    reading((path) => (MANIFEST.test(path) ? moved(`${elsewhere}${path}`) : undefined)),
  "redirect-blob": () =>
    reading((path) => (BLOB.test(path) ? moved(`http://registry.drill.invalid${path}`) : undefined)),
  realm: ({ elsewhere }) => reading(() => challenged(`${elsewhere}/token`)),
  "sig-401": () => reading((path) => (SIG.test(path) ? { status: 401 } : undefined)),
  "sig-429": () => reading((path) => (SIG.test(path) ? { status: 429 } : undefined)),
  "sig-503": () => reading((path) => (SIG.test(path) ? { status: 503 } : undefined)),
  "sig-reset": () => reading((path) => (SIG.test(path) ? "reset" : undefined)),
  down: () => reading(() => "reset"),
};

function manifestReply({ bytes, mediaType, digest }: PushedImage, claimed: string = digest): Reply {
  return { status: 200, headers: { "content-type": mediaType, "docker-content-digest": claimed }, body: bytes };
}

const MANY_LAYERS = 5000;
const MANY_REFERRERS = 10_000;

function manyLayers(): Reply & { readonly body: string } {
  const layers = Array.from({ length: MANY_LAYERS }, (_, i) => ({
    mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
    digest: `sha256:${String(i).padStart(64, "0")}`,
    size: 200,
  }));
  const body = JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_MANIFEST_MEDIA_TYPE, layers });
  return { status: 200, headers: { "content-type": IMAGE_MANIFEST_MEDIA_TYPE }, body };
}

function manyReferrers(count: number, from = 0): Reply {
  const manifests = Array.from({ length: count }, (_, i) => ({
    mediaType: IMAGE_MANIFEST_MEDIA_TYPE,
    artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    digest: digestRefOf(Uint8Array.of((from + i) >> 16, (from + i) >> 8, from + i)),
    size: 700,
  }));
  return jsonReply(
    200,
    { schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests },
    { "content-type": INDEX_MEDIA_TYPE },
  );
}

function withNext(reply: Reply, path: string, number: number): Reply {
  return { ...reply, headers: { ...reply.headers, link: `<${path}?page=${number}>; rel="next"` } };
}

const BOMB_BYTES = 64 * 1024 * 1024;

function bomb(): Reply {
  return {
    status: 200,
    headers: { "content-encoding": "gzip" },
    body: new Uint8Array(gzipSync(new Uint8Array(BOMB_BYTES))),
  };
}

function moved(location: string): Reply {
  return { status: 307, headers: { location } };
}

function challenged(realm: string): Reply {
  return { status: 401, headers: { "www-authenticate": `Bearer realm="${realm}",service="drill"` } };
}
