import type { Asked } from "./check.ts";
import type { ClockReading } from "./judge-clock.ts";
import type { IssuerEntry } from "../identity/challenge.ts";
import type { IdToken, TokenHeader } from "../identity/token.ts";
import type { IssuerDiscovery } from "./read-issuer-documents.ts";

/** A document, and from where it was had: the API server, or the address that Fulcio would ask. */
export type Fetched<T> = { readonly from: string; readonly document: Asked<T> };

/** A token that the cluster made for this question. */
export type LiveToken = {
  readonly header: TokenHeader;
  readonly claims: IdToken;
  /** Whether it was asked for with a pod to bind it to. */
  readonly boundToPod: boolean;
};

/** A certificate for a throw-away key, judged as the signing step judges its own. */
export type ExchangedCertificate = {
  readonly authority: string;
  /** What is wrong with it; empty when nothing is: key, issuer, SAN, path and SCT are as they have to be. */
  readonly problem: string;
  /** Fulcio's extension `.24`, the token's subject; absent before Fulcio 1.8.6. */
  readonly tokenSubject?: string;
};

/** An issuer as a Fulcio lists it, with the audience that it wants in tokens. */
export type AcceptedEntry = IssuerEntry & { readonly audience: string };

/** One Fulcio that the configuration names. */
export type AuthorityAnswer = {
  /** Of its trust domain. */
  readonly domain: string;
  readonly url: string;
  readonly issuers: Asked<readonly AcceptedEntry[]>;
};

/** All that the ten checks of an issuer look at (pipelines chapter §1.3), gathered before they judge. */
export type IssuerEvidence = {
  readonly cluster: string;
  readonly audience: string;
  /** `clusters[].issuer` of the configuration. */
  readonly configuredIssuer?: string;
  /** OpenShift's `spec.serviceAccountIssuer`, empty when unset; `null` where the cluster has no such resource. */
  readonly openshiftIssuer: Asked<string | null>;
  readonly token: Asked<LiveToken>;
  readonly discoveries: readonly Fetched<IssuerDiscovery>[];
  /** Ids of the keys. */
  readonly keySets: readonly Fetched<readonly string[]>[];
  readonly authorities: readonly AuthorityAnswer[];
  /** Whether the API server takes the token as a credential. */
  readonly tokenTaken: Asked<boolean>;
  readonly exchange: Asked<ExchangedCertificate>;
  readonly clocks: readonly Asked<ClockReading>[];
};
