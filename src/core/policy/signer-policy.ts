import type { DigestRef } from "../digest.ts";
import type { Program } from "../automata/program.ts";
import type { Identity, SanType } from "../identity/identity.ts";
import type { UnixMs } from "../time.ts";
import type { BuildWindow } from "./build-window.ts";
import type { NameGlob, RepositoryPattern } from "./pattern.ts";

/**
 * What detection and the inventory ask of a policy set: which identities may sign which repositories, and when, where that
 * is enforced, and what is excused. An image of no family is expected to be signed by nobody.
 */
export type SignerPolicy = {
  readonly name: string;
  readonly families: readonly SignerFamily[];
  /** First match wins; namespaces of none are enforced. */
  readonly namespaces: readonly ModeRule[];
  readonly exceptions: readonly PolicyException[];
};

/** Repositories under one requirement: a signature by one of `identities`. */
export type SignerFamily = {
  readonly name: string;
  readonly images: readonly RepositoryPattern[];
  readonly except: readonly RepositoryPattern[];
  readonly identities: readonly Identity[];
  /** Identities that are trusted by a pattern; beside the exact ones. */
  readonly patterns?: readonly ExpectedPattern[];
  /** Times in which signing is expected; none: any time. */
  readonly windows: readonly BuildWindow[];
};

/** Accepts an issuer and a SAN as whole texts, and the SAN by its type. `shown` is how people read it. */
export type ExpectedPattern = {
  readonly issuer: Program;
  readonly san: Program;
  readonly sanType: SanType;
  readonly shown: string;
};

export type ModeRule = {
  readonly match: readonly NameGlob[];
  readonly mode: "enforce" | "audit" | "exempt";
  readonly owner: string;
  readonly reason: string;
  /** From here on the namespace enforces. */
  readonly until?: UnixMs;
};

/** An exception lets one image through although it fails; it ends. */
export type PolicyException = {
  readonly name: string;
  readonly digests: readonly DigestRef[];
  readonly images: readonly RepositoryPattern[];
  readonly namespaces: readonly NameGlob[];
  /** What it excuses: `no-signature`, `identity-mismatch`, … */
  readonly reasonCodes: readonly string[];
  readonly reason: string;
  readonly ticket: string;
  readonly requester: string;
  readonly approver: string;
  readonly notBefore?: UnixMs;
  readonly ends: UnixMs;
};
