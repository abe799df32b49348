import type { Program } from "../../automata/program.ts";
import { parseServiceAccountSan } from "../../identity/identity.ts";
import type { UnixMs } from "../../time.ts";

/** Who may sign: the only place where an identity becomes a managed one (change-gate chapter §4). */
export type IdentityRegister = {
  readonly entries: readonly RegisterEntry[];
  /** Every issuer of tokens that Fulcio may trust. */
  readonly issuers: readonly RegisterIssuer[];
};

/** Kinds of artifact that an identity may sign. */
export const REGISTER_FAMILIES = ["image", "sbom", "provenance", "attestation", "file"] as const;
export type RegisterFamily = (typeof REGISTER_FAMILIES)[number];

export type RegisterState = "active" | "retiring" | "revoked";

export type RegisterEntry = {
  readonly id: string;
  readonly owner: string;
  /** Exact. */
  readonly issuer: string;
  /** As written: the SAN, or the pattern of several. */
  readonly san: string;
  readonly isPattern: boolean;
  readonly sans: Program;
  readonly workload: RegisterWorkload | undefined;
  /** Alias of a trust root; empty when none is named. */
  readonly root: string;
  /** What it may sign; empty is everything. */
  readonly families: readonly RegisterFamily[];
  /** As written, dialect `pc`. */
  readonly images: readonly string[];
  /** `namespace/name`; empty is everywhere. */
  readonly pipelines: readonly string[];
  readonly created: UnixMs;
  readonly expires: UnixMs;
  /** As written. */
  readonly expiresText: string;
  readonly state: RegisterState;
  readonly place: RegisterPlace;
};

export type RegisterWorkload = {
  readonly cluster: string;
  readonly namespace: string;
  readonly serviceAccount: string;
};

export type RegisterIssuer = {
  /** Exact. */
  readonly url: string;
  readonly type: IssuerType;
  readonly owner: string;
  readonly audience: string;
  /** Of `email`, `uri` and `username`; of `spiffe`, its trust domain. */
  readonly domain: string;
  readonly place: RegisterPlace;
};

export const ISSUER_TYPES = ["kubernetes", "spiffe", "email", "uri", "username", "ci-provider"] as const;
export type IssuerType = (typeof ISSUER_TYPES)[number];

/** `pointer` is a JSON pointer into its document. */
export type RegisterPlace = { readonly file: string; readonly line: number; readonly pointer: string };

/** Whether an entry lets its identity sign at a time; the reason why not, otherwise. */
export function whyNotValid({ id, state, expires, expiresText }: RegisterEntry, now: UnixMs): string | undefined {
  if (state === "revoked") return `register entry ${id} is revoked`;
  return expires <= now ? `register entry ${id} expired ${expiresText}` : undefined;
}

/** `namespace/account` of an entry, by its workload or its SAN. */
export function accountOf({ workload, san, isPattern }: RegisterEntry): string | undefined {
  const name = workload ?? (isPattern ? undefined : parseServiceAccountSan(san));
  return name && `${name.namespace}/${name.serviceAccount}`;
}
