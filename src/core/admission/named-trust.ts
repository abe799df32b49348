import type { NotationRules } from "../notation/rules.ts";
import type { NotationTrust } from "../notation/trust.ts";
import type { Authority } from "../policy/trust-policy.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";

/** A trust domain whose logs and timestamp authorities have the names that policies use. */
export type NamedTrust = {
  readonly compiled: CompiledTrust;
  /** By the base URL in the trusted root; the URL itself where the configuration has no name for it. */
  readonly nameOfLog: (baseUrl: string) => string;
  readonly nameOfTsa: (uri: string) => string;
};

/** What a Notation authority's signatures are judged by: its rules, and the anchors of its trust stores. */
export type StoreTrust = { readonly rules: NotationRules; readonly anchors: NotationTrust };

/** An authority with its name and the root or the trust stores it stands under; none, where there is none to be had. */
export type NamedAuthority = {
  readonly name: string;
  readonly authority: Authority;
  readonly trust?: NamedTrust;
  readonly stores?: StoreTrust;
};
