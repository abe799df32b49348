import { createHash, createPublicKey, randomUUID, sign } from "node:crypto";
import type { UnixMs } from "../../../core/time.ts";
import { jsonReply, serve, type Exchange, type Listening, type ListenOptions, type Reply } from "../serve.ts";
import type { KeyPair } from "./keys.ts";

/** What a kubelet asks for on behalf of a pod (Kubernetes TokenRequest API), and what the API server knows of it. */
export type ServiceAccountTokenRequest = {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountUid: string;
  /** Absent: the token is not bound to a pod. */
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
  readonly audience: string;
  readonly expirationSeconds: number;
  /** A fresh UUID unless given. */
  readonly jti?: string;
};

export type EmailTokenRequest = {
  readonly email: string;
  readonly audience: string;
  readonly expirationSeconds: number;
};

export type JsonWebKeySet = { readonly keys: readonly JsonWebKey[] };
export type JsonWebKey = { readonly kty: string; readonly [member: string]: string };

export type OidcIssuer = Listening & {
  /** The `iss` of every token. */
  readonly issuer: string;
  readonly jwks: JsonWebKeySet;
  /** The discovery document that it serves. */
  readonly discovery: unknown;
  /** A projected service-account token, as JWT. */
  readonly issueToken: (request: ServiceAccountTokenRequest) => string;
  /** An identity token of a person, as JWT. */
  readonly issueEmailToken: (request: EmailTokenRequest) => string;
};

export type OidcIssuerOptions = ListenOptions & {
  /**
   * P-256: tokens are ES256, made in a twentieth of the time. RSA: they are RS256, as those of clusters by default; some
   * clients take a token on their command line only so, and ES256 from a file alone.
   */
  readonly key: KeyPair;
  readonly now: () => UnixMs;
  /** The URL in `iss`; where it listens, unless given. One that is not its socket's can only be verified offline. */
  readonly issuer?: string;
};

const NO_BODY_BYTES = 1024;
/** As the kubelet: a warning to those who use a token beyond this age. */
const WARN_AFTER_SECONDS = 3607;

/** Starts an issuer of tokens in the shape of a Kubernetes API server's (OIDC discovery 1.0, RFC 7517, KEP-1205, KEP-4193). */
export async function startOidcIssuer(options: OidcIssuerOptions): Promise<OidcIssuer> {
  const jwk = publicJwk(options.key);
  const jwks = { keys: [jwk] };
  const listening = await serve((exchange) => answer(exchange), NO_BODY_BYTES, options);
  const issuer = options.issuer ?? listening.url;
  const document = discovery(issuer, listening.url, jwk["alg"] ?? "");
  const documents: Readonly<Record<string, unknown>> = {
    "/.well-known/openid-configuration": document,
    "/openid/v1/jwks": jwks,
  };
  function answer(exchange: Exchange): Reply {
    const found = documents[exchange.path];
    return found === undefined ? jsonReply(404, { message: "not found" }) : jsonReply(200, found);
  }

  const header = base64UrlJson({ alg: jwk["alg"], kid: jwk["kid"], typ: "JWT" });
  const issue = (claims: Readonly<Record<string, unknown>>, lifetimeSeconds: number): string => {
    const issuedAt = Math.floor(options.now() / 1000);
    const times = { iat: issuedAt, nbf: issuedAt, exp: issuedAt + lifetimeSeconds };
    const signed = `${header}.${base64UrlJson({ iss: issuer, ...times, ...claims })}`;
    const signature = sign("sha256", Buffer.from(signed), {
      key: options.key.privateKey,
      dsaEncoding: "ieee-p1363",
    });
    return `${signed}.${signature.toString("base64url")}`;
  };
  return {
    ...listening,
    issuer,
    jwks,
    discovery: document,
    issueToken: (request) =>
      issue(
        {
          aud: [request.audience],
          sub: `system:serviceaccount:${request.namespace}:${request.serviceAccount}`,
          jti: request.jti ?? randomUUID(),
          "kubernetes.io": boundTo(request, Math.floor(options.now() / 1000)),
        },
        request.expirationSeconds,
      ),
    issueEmailToken: ({ email, audience, expirationSeconds }) =>
      issue({ aud: audience, sub: `user:${email}`, email, email_verified: true }, expirationSeconds),
  };
}

/** The private claim of service-account tokens; Go sorts its members, and so does this. */
function boundTo(request: ServiceAccountTokenRequest, issuedAt: number): Readonly<Record<string, unknown>> {
  const { namespace, node, pod } = request;
  return {
    namespace,
    ...(node ? { node } : {}),
    ...(pod ? { pod } : {}),
    serviceaccount: { name: request.serviceAccount, uid: request.serviceAccountUid },
    ...(request.expirationSeconds > WARN_AFTER_SECONDS ? { warnafter: issuedAt + WARN_AFTER_SECONDS } : {}),
  };
}

function discovery(issuer: string, url: string, algorithm: string): unknown {
  return {
    issuer,
    jwks_uri: `${url}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [algorithm],
  };
}

function publicJwk(key: KeyPair): JsonWebKey {
  const { x = "", y = "", n = "", e = "" } = createPublicKey(key.privateKey).export({ format: "jwk" });
  // As Kubernetes: the id is the hash of the public key.
  const kid = createHash("sha256").update(key.spki).digest("base64url");
  if (key.kind === "rsa2048") return { use: "sig", kty: "RSA", kid, alg: "RS256", n, e };
  return { use: "sig", kty: "EC", kid, alg: "ES256", crv: "P-256", x, y };
}

function base64UrlJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
