import type { Program } from "../../automata/program.ts";
import type { RegisterFamily, RegisterPlace } from "./register.ts";

/** A set of texts of a policy; equal keys are equal sets. */
export type BoxLanguage = { readonly key: string; readonly program: Program; readonly exact?: string };

/** Identities that a policy accepts for some images: every pair of an issuer and a SAN of the two languages. */
export type IdentityBox = {
  /** The same for boxes that say the same, wherever they stand. */
  readonly key: string;
  /** `ClusterImagePolicy pay`, for people. */
  readonly name: string;
  readonly issuer: BoxLanguage;
  readonly san: BoxLanguage;
  /** Any of them. */
  readonly images: readonly BoxLanguage[];
  /** What has to be signed; `undefined` when the policy does not say. */
  readonly families?: readonly RegisterFamily[];
  /** Names or anchors of the trust roots; `undefined` when they are not known. */
  readonly roots?: readonly string[];
  readonly place: RegisterPlace;
};
