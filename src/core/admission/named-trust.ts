import type { Authority } from "../policy/trust-policy.ts";
import type { CompiledTrust } from "../trust/compiled-trust.ts";

/** A trust domain whose logs and timestamp authorities have the names that policies use. */
export type NamedTrust = {
  readonly compiled: CompiledTrust;
  /** By the base URL in the trusted root; the URL itself where the configuration has no name for it. */
  readonly nameOfLog: (baseUrl: string) => string;
  readonly nameOfTsa: (uri: string) => string;
};

/** An authority with its name and the root it stands under; no root, where there is none to be had. */
export type NamedAuthority = {
  readonly name: string;
  readonly authority: Authority;
  readonly trust?: NamedTrust;
};
