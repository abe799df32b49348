import type { ClockReading } from "../core/health/judge-clock.ts";
import type { Secret } from "../core/secret.ts";

/** A service account of a cluster. */
export type AccountRef = { readonly namespace: string; readonly serviceAccount: string };

/** A pod that runs as an account. */
export type PodRef = { readonly name: string; readonly uid: string };

export type TokenAsked = AccountRef & {
  readonly audience: string;
  /** 600 at least: the API server refuses less. */
  readonly expirationSeconds: number;
  /** What the token is to be bound to, as the kubelet binds every projected token. */
  readonly pod?: PodRef;
};

/**
 * A cluster as the issuer of its service accounts' tokens.
 * Faults: `cluster.unreachable`, `cluster.unauthorized`, `cluster.forbidden`, `cluster.malformed`.
 */
export interface ClusterIssuer {
  /** `https://host:port` of the API server. */
  readonly server: string;
  /** OpenShift's `spec.serviceAccountIssuer`, empty when unset; `null` where the API server does not serve the resource. */
  openshiftIssuer(signal: AbortSignal): Promise<string | null>;
  /** The document at `/.well-known/openid-configuration`, as JSON. */
  discovery(signal: AbortSignal): Promise<unknown>;
  /** The document at `/openid/v1/jwks`, as JSON. */
  keys(signal: AbortSignal): Promise<unknown>;
  /** A pod that runs as the account now; `undefined` when none does. */
  podOf(account: AccountRef, signal: AbortSignal): Promise<PodRef | undefined>;
  /** A fresh token of the account (TokenRequest). */
  requestToken(asked: TokenAsked, signal: AbortSignal): Promise<Secret<string>>;
  /** Whether the API server takes the token as a credential for itself. */
  takes(token: Secret<string>, signal: AbortSignal): Promise<boolean>;
  /** The time by its own clock. */
  readClock(signal: AbortSignal): Promise<ClockReading>;
}
