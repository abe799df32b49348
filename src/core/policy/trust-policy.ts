import type { DigestRef } from "../digest.ts";
import type { SanType } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";
import type { BuildWindow } from "./build-window.ts";

/**
 * The trust policy as the evaluator, the exports and the gate see it: read, checked, defaults filled, sugar expanded
 * (trust-policy chapter §1.2, §1.3). Nothing in here is text that has still to be understood.
 */
export type TrustPolicySet = {
  readonly name: string;
  readonly revision?: number;
  readonly unmatched: UnmatchedImages;
  readonly pin: "mutate" | "require";
  readonly enforcement: Enforcement;
  readonly families: readonly ImageFamily[];
  readonly authorities: Readonly<Record<string, Authority>>;
  /** Limits that are lower than the defaults (§3.4), by name. */
  readonly limits: Readonly<Record<string, number>>;
};

export type UnmatchedImages =
  | { readonly kind: "deny" }
  | { readonly kind: "admit"; readonly reason: string; readonly until: UnixMs };

export type Enforcement = {
  readonly byDefault: NamespaceMode;
  /** The first that matches decides. Namespace globs, by name only. */
  readonly namespaces: readonly { readonly match: readonly string[]; readonly mode: NamespaceMode }[];
  readonly exempt: readonly { readonly match: readonly string[]; readonly owner: string; readonly reason: string }[];
};

/** `audit` ends: after `until` the namespace enforces. */
export type NamespaceMode =
  | { readonly kind: "enforce" }
  | { readonly kind: "audit"; readonly owner: string; readonly reason: string; readonly until: UnixMs };

/** A set of image repositories under one requirement. Families are disjoint; exactly one applies to an image, or none. */
export type ImageFamily = {
  readonly name: string;
  /** Patterns of `core/automata/glob.ts`, dialect `own`. */
  readonly images: readonly string[];
  readonly except: readonly string[];
  readonly require: Requirement;
  /** `os/arch[/variant]`; empty: all that the index lists. */
  readonly platforms: readonly string[];
  readonly reference: "ignore" | "repository";
  readonly time: TimeRules;
};

export type TimeRules = {
  readonly notBefore?: UnixMs;
  readonly maxAgeMs?: number;
  readonly windows: readonly BuildWindow[];
  readonly outside: "deny" | "flag";
};

/** Monotone: more evidence never turns admit into deny. */
export type Requirement =
  | { readonly op: "all" | "any"; readonly of: readonly Requirement[] }
  | { readonly op: "atLeast"; readonly n: number; readonly of: readonly Requirement[] }
  | { readonly op: "signature"; readonly by: string; readonly on: "subject" | "everyPlatform" }
  | {
      readonly op: "attestation";
      readonly by: string;
      /** Full URI; presets are expanded. */
      readonly predicateType: string;
      readonly where: readonly Condition[];
      readonly maxAgeMs?: number;
      readonly on: "subject" | "everyPlatform" | "either";
    };

/** About one place of the statement; `*` in the pointer stands for any element. */
export type Condition = {
  /** Reference tokens of a JSON Pointer (RFC 6901), unescaped. */
  readonly at: readonly string[];
  readonly every: boolean;
  readonly test:
    | { readonly kind: "is"; readonly value: Scalar }
    | { readonly kind: "in"; readonly values: readonly Scalar[] }
    /** Anchored RE2. */
    | { readonly kind: "matches"; readonly pattern: string }
    | { readonly kind: "exists"; readonly exists: boolean }
    | { readonly kind: "max" | "min"; readonly value: number }
    | { readonly kind: "after" | "before"; readonly at: UnixMs };
};
export type Scalar = string | number | boolean | null;

export type Authority = SigstoreAuthority | KeyAuthority | NotationAuthority;

/** How cosign stores evidence: a Sigstore bundle, or the older layout of tags and annotations. */
export type SigstoreLayout = "bundle" | "legacy";

export type SigstoreAuthority = {
  readonly kind: "sigstore";
  /** The trust domain; exactly one. */
  readonly root: string;
  readonly identities: readonly IdentityRule[];
  readonly formats: readonly SigstoreLayout[];
  readonly log: LogRule;
  readonly time: TimeSourceRule;
  readonly sct: { readonly kind: "required" } | { readonly kind: "absent"; readonly reason: string };
};

/** One issuer and one SAN; certificate extensions that must be equal, by number. */
export type IdentityRule = {
  readonly issuer: TextRule;
  readonly san: TextRule & { readonly type: SanType };
  readonly extensions: Readonly<Record<string, string>>;
};

/** An exact text, or an anchored RE2 pattern. */
export type TextRule =
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "pattern"; readonly pattern: string };

export type LogRule = {
  /** Names of logs of the trust domain; empty: all of it. */
  readonly logs: readonly string[];
  readonly proof: "inclusion" | "promise";
  /** Why a promise has to do. */
  readonly reason?: string;
  readonly witnesses?: { readonly of: readonly string[]; readonly quorum: number };
  /** Distinct logs by operator key. */
  readonly min: number;
};

export type TimeSourceRule = {
  readonly sources: readonly ("tsa" | "log")[];
  readonly min: number;
  /** Names of TSAs of the trust domain; empty: all of it. */
  readonly tsas: readonly string[];
};

export type KeyAuthority = {
  readonly kind: "key";
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly reason: string;
  readonly formats: readonly SigstoreLayout[];
  readonly validity: { readonly from: UnixMs; readonly to: UnixMs };
  readonly log?: LogRule & { readonly root: string };
};

export type NotationAuthority = {
  readonly kind: "notation";
  readonly trustStores: readonly string[];
  /** `x509.subject:` distinguished names, or `*`. */
  readonly identities: readonly string[];
  /** Why any identity of the stores will do. */
  readonly reason?: string;
  readonly level: "strict" | "permissive" | "audit" | "skip";
  readonly overrides: Readonly<Record<string, "enforce" | "log" | "skip">>;
  readonly tsaStores: readonly string[];
  readonly verifyTimestamp: "always" | "afterCertExpiry";
  readonly revocation: "enforce" | "log" | "skip";
};

/** Lets one image through admission, for a while (audit chapter §4). */
export type TrustException = {
  readonly name: string;
  readonly digests: readonly string[];
  readonly repository?: string;
  readonly tagPattern?: string;
  readonly namespaces: readonly string[];
  readonly clusters: readonly string[];
  readonly reasonCodes: readonly string[];
  readonly reason: string;
  readonly ticket: string;
  readonly requester: { readonly issuer: string; readonly subject: string };
  readonly approver: { readonly issuer: string; readonly subject: string };
  readonly notBefore: UnixMs;
  readonly ends: UnixMs;
  readonly compensating?: string;
};

/** Opens namespaces in an emergency, for at most four hours, by two persons. */
export type BreakGlass = {
  readonly name: string;
  readonly reason: string;
  readonly ticket: string;
  readonly namespaces: readonly string[];
  readonly created: UnixMs;
  readonly ends: UnixMs;
  readonly requester?: string;
  readonly approver?: string;
  /** Set by the second person's update; without it nothing is opened. */
  readonly approved: boolean;
};

/** Refuses an image, or what somebody signed, whatever else is said (audit chapter §5). It can only tighten. */
export type DenyRule = {
  readonly name: string;
  readonly what: DeniedWhat;
  /** Of identities and keys: what was signed from then on; all of it, when absent. */
  readonly since?: UnixMs;
  readonly until?: UnixMs;
  readonly reason: string;
  readonly by: string;
  readonly at?: UnixMs;
  /** Who wants it gone. It holds until somebody else removes it. */
  readonly withdrawn?: string;
};

/** An image; a certificate's issuer and SAN, as they stand there; a key that lives for long, by the SHA-256 of its SubjectPublicKeyInfo. */
export type DeniedWhat =
  | { readonly kind: "digest" | "key"; readonly digest: DigestRef }
  | { readonly kind: "identity"; readonly issuer: string; readonly san: string };

/** Which trust domain signs which images; the sign step gets its own rules only (pipelines chapter §2). */
export type Placement = {
  readonly name: string;
  /** Disjoint, by the same proof as families. What no rule covers is not signed. */
  readonly rules: readonly PlacementRule[];
};

export type PlacementRule = {
  readonly images: readonly string[];
  readonly domain: string;
  /** Who may sign; anybody whom the domain knows, when empty. */
  readonly identities: readonly IdentityRule[];
  readonly audience: string;
};
