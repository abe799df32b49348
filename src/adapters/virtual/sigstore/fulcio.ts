import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import { renderPem } from "../../../core/bytes/pem.ts";
import { Fault } from "../../../core/fault.ts";
import { toExpectedIdentity, toChallenge } from "../../../core/identity/challenge.ts";
import type { Identity } from "../../../core/identity/identity.ts";
import { readToken, type IdToken } from "../../../core/identity/token.ts";
import { addMs, type UnixMs } from "../../../core/time.ts";
import { EKU_CODE_SIGNING, KEY_USAGE } from "../../../core/x509/extensions.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import { distinguishedName, newSerial, signCertificate, type Authority, type CertificateBody } from "./certificate.ts";
import {
  authorityKeyId,
  extendedKeyUsage,
  fulcioExtension,
  keyUsage,
  poison,
  sctList,
  subjectAltName,
  subjectKeyId,
  type SignedCertificateTimestamp,
} from "./extension.ts";
import { MESSAGES, readSigningRequest, REQUEST_BYTES_MAX } from "./fulcio-request.ts";
import type { JsonWebKeySet } from "./oidc-issuer.ts";

/** An issuer whose tokens are taken (fulcio `pkg/config`); its keys are given, not fetched. */
export type FulcioIssuer = {
  readonly issuer: string;
  readonly audience: string;
  readonly type: "kubernetes" | "email";
  readonly jwks: JsonWebKeySet;
};

/** Puts a precertificate and its chain into a CT log (RFC 6962 §4.2). */
export type AddPreChain = (chain: readonly Uint8Array[]) => Promise<SignedCertificateTimestamp>;

export type FulcioOptions = ListenOptions & {
  readonly now: () => UnixMs;
  readonly issuers: readonly FulcioIssuer[];
  /** Issues the leaves. */
  readonly authority: Authority;
  /** Its issuers, the root last; empty when it is the root itself. */
  readonly chain: readonly Uint8Array[];
  readonly addPreChain: AddPreChain;
};

/** fulcio `pkg/ca/common.go`. */
const LEAF_LIFETIME_MS = 600_000;

/** Starts a certificate authority that speaks Fulcio's v2 API. */
export async function startFulcio(options: FulcioOptions): Promise<Listening> {
  const issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, toAccepted(issuer)]));
  const chain = [options.authority.certificate, ...options.chain].map((der) => renderPem("CERTIFICATE", der));
  const issue = newLeafIssuer(options);
  const sign = async (exchange: Exchange): Promise<Reply> => {
    const request = readSigningRequest(exchange);
    if (!request) return refusal(400, "invalid request");
    const principal = await authenticate(issuers, request.token, options.now());
    if (!principal) return refusal(400, MESSAGES.token);
    const proven = request.prove(principal.challenge);
    if (!proven.ok) return refusal(400, proven.detail);
    const leaf = await issue(principal, proven.value);
    if (!leaf) return refusal(500, MESSAGES.log);
    const certificates = [renderPem("CERTIFICATE", leaf), ...chain];
    return jsonReply(200, { signedCertificateEmbeddedSct: { chain: { certificates } } });
  };
  const trustBundle = jsonReply(200, { chains: [{ certificates: chain }] });
  const configuration = jsonReply(200, { issuers: options.issuers.map(toConfigured) });
  return serve(
    (exchange) => {
      switch (`${exchange.method} ${exchange.path}`) {
        case "POST /api/v2/signingCert":
          return sign(exchange);
        case "GET /api/v2/trustBundle":
          return trustBundle;
        case "GET /api/v2/configuration":
          return configuration;
        default:
          return exchange.path === "/healthz" ? jsonReply(200, { status: "SERVING" }) : refusal(404, "Not Found");
      }
    },
    REQUEST_BYTES_MAX,
    options,
  );
}

type Accepted = FulcioIssuer & { readonly key: JWTVerifyGetKey };
type Principal = { readonly identity: Identity; readonly subject: string; readonly challenge: string };

function toAccepted(issuer: FulcioIssuer): Accepted {
  return { ...issuer, key: createLocalJWKSet({ keys: [...issuer.jwks.keys] }) };
}

async function authenticate(
  issuers: ReadonlyMap<string, Accepted>,
  text: string,
  now: UnixMs,
): Promise<Principal | undefined> {
  const token = readToken(text);
  const issuer = token.ok ? issuers.get(token.value.issuer) : undefined;
  if (!token.ok || !issuer || !(await isGenuine(text, issuer, now))) return undefined;
  return toPrincipal(token.value, issuer);
}

const ALGORITHMS = ["ES256", "ES384", "RS256", "RS384", "RS512"];

async function isGenuine(text: string, issuer: Accepted, now: UnixMs): Promise<boolean> {
  try {
    const { issuer: iss, audience, key } = issuer;
    const expected = { issuer: iss, audience, algorithms: ALGORITHMS, requiredClaims: ["exp"] };
    await jwtVerify(text, key, { ...expected, currentDate: new Date(now) });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

function toPrincipal(token: IdToken, { issuer, type }: Accepted): Principal | undefined {
  const identity = toExpectedIdentity(token, type);
  const challenge = toChallenge(token, [{ issuer, wildcard: false, issuerType: type, challengeClaim: CLAIMS[type] }]);
  return identity && challenge && { identity, subject: token.subject, challenge: challenge.value };
}

const CLAIMS = { kubernetes: "sub", email: "email" } as const;

function toConfigured({ issuer, audience, type }: FulcioIssuer): unknown {
  return { issuerUrl: issuer, audience, challengeClaim: CLAIMS[type], spiffeTrustDomain: "", issuerType: type };
}

/** Precertificate, promise of the log, certificate with the promise. `undefined` when the log did not promise. */
function newLeafIssuer(
  options: FulcioOptions,
): (principal: Principal, spki: Uint8Array) => Promise<Uint8Array | undefined> {
  const { authority, chain, addPreChain, now } = options;
  const fixed = [keyUsage(KEY_USAGE.digitalSignature), extendedKeyUsage(EKU_CODE_SIGNING)];
  const authorityKey = authorityKeyId(authority.key.spki);
  const subject = distinguishedName();
  return async (principal, spki) => {
    const notBefore = now();
    const extensions = [...fixed, subjectKeyId(spki), authorityKey, ...identityExtensions(principal)];
    const body: CertificateBody = {
      subject,
      spki,
      serial: newSerial(),
      notBefore,
      notAfter: addMs(notBefore, LEAF_LIFETIME_MS),
      extensions,
    };
    const precertificate = signCertificate(authority, { ...body, extensions: [...extensions, poison()] });
    const sct = await promiseOf(addPreChain, [precertificate, authority.certificate, ...chain]);
    return sct && signCertificate(authority, { ...body, extensions: [...extensions, sctList([sct])] });
  };
}

/** `.24` is what Fulcio 1.8.6 and later write for service accounts (`pkg/identity/kubernetes/principal.go`). */
function identityExtensions({ identity, subject }: Principal): readonly Uint8Array[] {
  const { issuer, san, sanType } = identity;
  return [
    subjectAltName({ type: sanType, value: san }),
    fulcioExtension(1, issuer),
    fulcioExtension(8, issuer),
    ...(sanType === "uri" ? [fulcioExtension(24, subject)] : []),
  ];
}

async function promiseOf(
  addPreChain: AddPreChain,
  chain: readonly Uint8Array[],
): Promise<SignedCertificateTimestamp | undefined> {
  try {
    return await addPreChain(chain);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** gRPC codes as grpc-gateway sends them: INVALID_ARGUMENT, NOT_FOUND, INTERNAL. */
const GRPC_CODES = { 400: 3, 404: 5, 500: 13 } as const;

function refusal(status: keyof typeof GRPC_CODES, message: string): Reply {
  return jsonReply(status, { code: GRPC_CODES[status], message, details: [] });
}
