import type { DigestRef } from "../digest.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import type { Authority, Requirement, TimeRules } from "../policy/trust-policy.ts";
import type { UnixMs } from "../time.ts";
import type { San } from "../x509/san.ts";

/**
 * How an artifact of the drill is made: what differs from one that is good in every respect. A plan is a value, so
 * that what a case is can be read here, and made by whoever holds the keys. Every member that is absent is good.
 */
export type Plan = {
  /** What lies beside the image; nothing at all where the list is empty. */
  readonly evidence: readonly EvidencePlan[];
  /** Signatures of the Notary Project beside it. */
  readonly notation?: readonly NotationPlan[];
  /** What the policy asks; a signature by the builder unless given. */
  readonly ask?: AskPlan;
  /** `index`: a list of two platforms. */
  readonly image?: ImagePlan;
  /** Why nothing is made of it here; then the case is not run, whoever is asked. */
  readonly unmade?: string;
  /** Served by a registry that lies in this way, once everything is in it. */
  readonly lie?: LieName;
  /** The trusted root had expired when the policy was loaded. */
  readonly trust?: "expired";
  /** The webhook first puts digests to the tags, as an API server has it do. */
  readonly resolve?: true;
  /** How the image is named, where that is what the case is about. */
  readonly reference?: (images: ReviewImages) => string;
  /** The policy is given as text, with these documents beside it; a verifier may refuse to read them. */
  readonly text?: (about: TextPlace) => readonly JsonObject[];
  /** What an API server asks; that one pod with the image be created, unless given. The text of a request's body. */
  readonly review?: (images: ReviewImages) => string;
};

/** References that a review can name. */
export type ReviewImages = {
  /** What the plan makes, by digest. */
  readonly image: string;
  /** Nothing is beside it. */
  readonly unsigned: string;
  /** The image by its tag; only where the plan has one. */
  readonly tagged: string;
  /** In a registry that no family covers. */
  readonly elsewhere: string;
};

/** What documents beside a policy can be about. */
export type TextPlace = { readonly digest: DigestRef; readonly now: UnixMs };

/** How a registry lies, or fails. `sig-…`: only for the older layout's tag. */
export type LieName =
  | "tag-moves"
  | "other-manifest"
  | "other-blob"
  | "other-index"
  | "header-digest"
  | "odd-manifest"
  | "many-layers"
  | "many-referrers"
  | "endless-pages"
  | "trickle"
  | "gzip-bomb"
  | "redirect-link-local"
  | "redirect-manifest"
  | "redirect-blob"
  | "realm"
  | "sig-401"
  | "sig-429"
  | "sig-503"
  | "sig-reset"
  | "down";

export type ImagePlan = {
  readonly shape?: "index";
  /** What is asked about: the image itself, or the first child of the index. */
  readonly asked?: "child";
  /** Whether the reference has a tag beside the digest. */
  readonly tagged?: true;
  /** The older layout's list of materials, which nobody signs. */
  readonly sbomTag?: true;
  /** A registry without the referrers API, where clients keep an index under a tag. */
  readonly registry?: "fallback";
  /** Of an index: what no registry stores, so that one has to serve it which lies. */
  readonly manifest?: "ambiguous" | "key-twice";
};

/** One signature with its certificate, log entries and timestamps. */
export type EvidencePlan = {
  readonly form?: "bundle" | "0.1" | "0.2" | "0.9" | "legacy";
  /** Many of them, for floods. */
  readonly times?: number;
  /** RFC 3339; an hour before the drill unless given. */
  readonly at?: string;
  readonly says?: SaysPlan;
  readonly leaf?: LeafPlan;
  readonly chain?: "own-root" | "thirty" | "below";
  readonly signature?: "zero" | "r-is-order" | "s-is-order" | "long-integer";
  /** One entry of the tiled log unless given. */
  readonly entries?: readonly EntryPlan[];
  /** One timestamp unless given. */
  readonly stamps?: readonly StampPlan[];
  readonly bytes?: "digest-twice" | "two-signatures" | "large";
  readonly place?: PlacePlan;
};

/** Where it is kept; as a referrer of the image that it is about unless given. */
export type PlacePlan =
  | "other-image"
  | "fallback-of-other"
  | "json-artifact"
  | "json-layer"
  | "child"
  | "second-child"
  | "index"
  | "one-platform";

/** What is signed; that the image is signed, and no more, unless given. */
export type SaysPlan = {
  readonly predicateType?: string;
  readonly predicate?: JsonValue;
  readonly about?: "other" | "other-algorithm" | "last-of-many";
  readonly payloadType?: string;
  readonly payload?: "changed" | "not-json" | "subject-twice";
  /** Of the older layout: which repository the payload names. */
  readonly repository?: string;
};

/** Authorities that are in the trusted root: `drill`, `rotated`, `ended`, `below` (under `drill`). All others are not. */
export type CaName = "drill" | "rotated" | "ended" | "below" | "constrained" | "foreign" | "removed" | "public";
/** In the trusted root: `rekor1`, `rekor2`, `closed`. */
export type LogName = "rekor1" | "rekor2" | "closed" | "unknown" | "public";
/** In the trusted root: `drill`, `ended`, and `lax`, of which only the authority above its signers is known. */
export type TsaName = "drill" | "ended" | "lax-swapped" | "lax-uncritical" | "lax-purpose" | "foreign";

export type LeafPlan = {
  readonly names?: readonly San[];
  /** The raw extension, and the one that replaced it; `absent` leaves it out. */
  readonly issuerV1?: string;
  readonly issuerV2?: string;
  /** Common name of the subject. */
  readonly subject?: string;
  readonly isCa?: true;
  readonly purpose?: "server";
  readonly unknownCritical?: true;
  /** When it begins, before or after the signature; a minute before unless given. */
  readonly fromMs?: number;
  readonly lifetimeMs?: number;
  readonly ca?: CaName;
  readonly sct?: "none" | "other-certificate" | "unknown-log" | "flipped";
  readonly key?: "rsa1024" | "p224";
};

export type EntryPlan = {
  readonly log?: LogName;
  readonly promise?: "none" | "other-key";
  /** What the log promised, after the signature; what the bundle shows instead. */
  readonly promisedMs?: number;
  readonly shownMs?: number;
  readonly proof?: "none" | "neighbour" | "claims-one";
  readonly checkpoint?: "other-log" | "other-key" | "other-root";
  readonly index?: "other" | "negative" | "beyond";
  readonly body?: "other-artifact" | "other-signature" | "garbage" | "reordered";
  readonly shownKind?: string;
  /** Who else signed the checkpoint. */
  readonly witnesses?: "one" | "one-twice" | "of-other-checkpoint" | "two";
  /** The very entry of the one before. */
  readonly again?: true;
};

/** A signature by a publisher with a certificate of his own CA. */
export type NotationPlan = {
  readonly form?: "cose";
  readonly times?: number;
  /** The organisational unit of the signer; `Release` unless given. */
  readonly unit?: string;
  /** Good until yesterday. */
  readonly expired?: true;
  readonly header?: "unknown" | "plugin";
  /** What the payload says of the image beside its digest. */
  readonly target?: "other-size" | "other-type";
  readonly certificate?: "ended" | "revoked" | "list-unreachable";
  readonly algorithm?: "none" | "HS256" | "PS256";
  readonly bytes?: "flipped";
};

export type StampPlan = {
  readonly tsa?: TsaName;
  /** After the signature. */
  readonly atMs?: number;
  readonly over?: "other";
};

/** What the policy of a case asks that the others do not. */
export type AskPlan = {
  /** Signed with a key that its owner manages, without a certificate, and when that key is good. */
  readonly managedKey?: { readonly from: UnixMs; readonly to: UnixMs };
  readonly require?: Requirement;
  readonly authorities?: Readonly<Record<string, Authority>>;
  readonly time?: Partial<TimeRules>;
  readonly platforms?: readonly string[];
  readonly reference?: "ignore" | "repository";
};
