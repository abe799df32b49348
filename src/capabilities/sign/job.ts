import type { AttachedSignature } from "../../core/sign/attached-signature.ts";
import type { Bundle } from "../../core/bundle/bundle.ts";
import type { DigestRef } from "../../core/digest.ts";
import type { Identity } from "../../core/identity/identity.ts";
import type { TokenPolicy } from "../../core/identity/judge-token.ts";
import type { JsonValue } from "../../core/json/json.ts";
import type { SigningReason } from "../../core/sign/reason.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { NonEmpty, Verdict } from "../../core/verdict.ts";
import type { VerifyFacts } from "../../core/verify/facts.ts";
import type { Certificate } from "../../core/x509/certificate.ts";
import type { CertificateAuthority } from "../../ports/certificate-authority.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Registry, RepositoryName } from "../../ports/registry.ts";
import type { NewSigner } from "../../ports/signer.ts";
import type { TimestampAuthority } from "../../ports/timestamp-authority.ts";
import type { TokenSource } from "../../ports/token-source.ts";
import type { LogWriter } from "../../ports/transparency-log.ts";
import type { Chosen } from "./retry.ts";

/** One thing to sign. `reference` is a tag, which is resolved once, or a digest. */
export type SigningJob =
  | {
      readonly kind: "image";
      readonly image: ImageTarget;
      readonly annotations?: Readonly<Record<string, string>>;
      /** Each manifest of an index too. */
      readonly recursive?: boolean;
    }
  | {
      readonly kind: "attestation";
      readonly image: ImageTarget;
      readonly predicateType: string;
      readonly predicate: JsonValue;
    }
  /** A file: a signature over its bytes. */
  | { readonly kind: "blob"; readonly bytes: Uint8Array }
  | {
      readonly kind: "blob-attestation";
      readonly name: string;
      readonly digest: DigestRef;
      readonly predicateType: string;
      readonly predicate: JsonValue;
    }
  /** An in-toto statement that somebody else has written. */
  | { readonly kind: "statement"; readonly payload: Uint8Array };

export type ImageTarget = {
  readonly repository: RepositoryName;
  readonly reference: string;
  readonly layout: "referrer" | "legacy";
};

/** Where and for whom is signed: the services of one trust domain, and what they are believed by. */
export type SigningDomain = {
  readonly trust: CompiledTrust;
  readonly tokenPolicy: TokenPolicy;
  readonly authorities: Chosen<CertificateAuthority>;
  readonly timestampAuthorities: Chosen<TimestampAuthority>;
  readonly logs: Chosen<LogWriter>;
  /** What this identity may sign: repositories, each with all below it. Absent: any. */
  readonly repositories?: readonly RepositoryName[];
};

export type SigningPorts = {
  readonly domain: SigningDomain;
  readonly tokens: TokenSource;
  readonly newSigner: NewSigner;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  /** What is signed already, so that a repeat leaves no second entry. Absent: everything is signed anew. */
  readonly attached?: (
    image: { readonly repository: RepositoryName; readonly digest: DigestRef },
    signal: AbortSignal,
  ) => Promise<readonly AttachedSignature[]>;
};

/** One signature, verified as others will verify it, and where it went. */
export type MadeSignature = {
  readonly subject?: { readonly repository: RepositoryName; readonly digest: DigestRef };
  readonly predicateType?: string;
  readonly bundle: Bundle;
  /** The bundle as written: v0.3 JSON. */
  readonly bytes: Uint8Array;
  readonly facts: VerifyFacts;
  /** The manifest that ties it to the image; absent where it was not pushed. */
  readonly manifest?: DigestRef;
  /** It was there before: another run's work. */
  readonly reused: boolean;
};

/** `signatures` is empty unless the verdict is a pass: then nothing has been published either, but entries in a log. */
export type SigningOutcome = {
  readonly verdict: Verdict<SigningReason>;
  readonly signatures: readonly MadeSignature[];
  readonly identity?: Identity;
  /** The last one, where one was needed. */
  readonly certificate?: Certificate;
  /** `JTI=<uuid>`: the API server's audit event of the token's issue. */
  readonly credentialId?: string;
};

export type SignArtifact = (jobs: NonEmpty<SigningJob>, signal: AbortSignal) => Promise<SigningOutcome>;
