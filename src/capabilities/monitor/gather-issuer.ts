import { toUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import type { Asked } from "../../core/health/check.ts";
import type {
  AuthorityAnswer,
  ExchangedCertificate,
  Fetched,
  IssuerEvidence,
  LiveToken,
} from "../../core/health/issuer-evidence.ts";
import type { ClockReading } from "../../core/health/judge-clock.ts";
import { readDiscovery, readKeyIds, type IssuerDiscovery } from "../../core/health/read-issuer-documents.ts";
import { entryFor, toChallenge, toExpectedIdentity } from "../../core/identity/challenge.ts";
import { readToken, readTokenHeader } from "../../core/identity/token.ts";
import { parsed, type Parsed } from "../../core/parsed.ts";
import type { Secret } from "../../core/secret.ts";
import { judgeIssued } from "../../core/sign/judge-certificate.ts";
import type { CompiledTrust } from "../../core/trust/compiled-trust.ts";
import type { CertificateAuthority } from "../../ports/certificate-authority.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AccountRef, ClusterIssuer } from "../../ports/cluster-issuer.ts";
import type { NewSigner } from "../../ports/signer.ts";

/** A Fulcio, with the roots that its certificates are judged by, opened when they are needed. */
export type AskedAuthority = {
  readonly domain: string;
  readonly url: string;
  readonly authority: CertificateAuthority;
  readonly openTrust: (signal: AbortSignal) => Promise<CompiledTrust>;
  readonly readClock: (signal: AbortSignal) => Promise<ClockReading>;
};

export type IssuerPorts = {
  readonly issuer: ClusterIssuer;
  readonly authorities: readonly AskedAuthority[];
  /** Reads a JSON document as Fulcio would: without credentials. Faults: those of the HttpClient. */
  readonly fetchDocument: (url: string, signal: AbortSignal) => Promise<unknown>;
  readonly newSigner: NewSigner;
  readonly clock: Clock;
};

export type IssuerQuestion = {
  readonly cluster: string;
  readonly audience: string;
  readonly configuredIssuer?: string;
  /** Whose token is asked for. It needs no rights of its own. */
  readonly account: AccountRef;
};

const LIFETIME_SECONDS = 600;

/**
 * Asks all that the ten checks of an issuer need. What does not answer is written down and stops nothing. It leaves two
 * traces: a token of ten minutes, and a certificate for a key that nobody keeps, which the CT log shows.
 */
export function gatherIssuer(
  ports: IssuerPorts,
): (question: IssuerQuestion, signal: AbortSignal) => Promise<IssuerEvidence> {
  return async (question, signal) => {
    const { cluster, audience, configuredIssuer, account } = question;
    const { issuer } = ports;
    const asking = async <T>(ask: () => Promise<T>): Promise<Asked<T>> => ask().then(toAnswer, toNone(signal));
    const token = await asking(() => obtainToken(issuer, { account, audience }, signal));
    const [openshiftIssuer, documents, authorities, tokenTaken, clocks] = await Promise.all([
      asking(() => issuer.openshiftIssuer(signal)),
      gatherDocuments(ports, token, asking, signal),
      Promise.all(ports.authorities.map((asked) => answerOf(asked, asking, signal))),
      token.kind === "none" ? NOT_ASKED : asking(() => issuer.takes(token.value.secret, signal)),
      Promise.all([issuer, ...ports.authorities].map((asked) => asking(() => asked.readClock(signal)))),
    ]);
    const exchange =
      token.kind === "none" ? NOT_ASKED : await asking(() => exchangeFor(ports, token.value, authorities, signal));
    return {
      cluster,
      audience,
      ...(configuredIssuer !== undefined && { configuredIssuer }),
      openshiftIssuer,
      token: token.kind === "none" ? token : toAnswer(token.value.live),
      ...documents,
      authorities,
      tokenTaken,
      exchange: exchange.kind === "answer" ? toExchanged(exchange.value) : exchange,
      clocks,
    };
  };
}

type Obtained = { readonly secret: Secret<string>; readonly live: LiveToken };
type Asking = <T>(ask: () => Promise<T>) => Promise<Asked<T>>;

const NOT_ASKED: Asked<never> = { kind: "none", detail: "there is no token to ask with (D8)" };

function toAnswer<T>(value: T): Asked<T> {
  return { kind: "answer", value };
}

/** A Fault is an answer that did not come; what fires because of the signal, and a bug, fly on. */
function toNone(signal: AbortSignal): (error: unknown) => Asked<never> {
  return (error) => {
    if (signal.aborted || !(error instanceof Fault)) throw error;
    return { kind: "none", fault: error.id, detail: `${error.id} (${error.subject})` };
  };
}

async function obtainToken(
  issuer: ClusterIssuer,
  { account, audience }: Pick<IssuerQuestion, "account" | "audience">,
  signal: AbortSignal,
): Promise<Obtained> {
  const pod = await issuer.podOf(account, signal).catch((error: unknown) => {
    // Binding to a pod is one of the questions, not a condition of the others.
    if (error instanceof Fault) return undefined;
    throw error;
  });
  const asked = { ...account, audience, expirationSeconds: LIFETIME_SECONDS, ...(pod && { pod }) };
  const token = await issuer.requestToken(asked, signal);
  const claims = token.use(readToken);
  if (!claims.ok) throw new Fault("token.malformed", claims.detail);
  const live = { header: token.use(readTokenHeader), claims: claims.value, boundToPod: pod !== undefined };
  return { secret: token, live };
}

/** Both from the API server, and from where Fulcio would have them: the issuer's address, and the address of the keys. */
async function gatherDocuments(
  { issuer, fetchDocument }: IssuerPorts,
  token: Asked<Obtained>,
  asking: Asking,
  signal: AbortSignal,
): Promise<{
  readonly discoveries: readonly Fetched<IssuerDiscovery>[];
  readonly keySets: readonly Fetched<readonly string[]>[];
}> {
  const inside = await asking(async () => read(readDiscovery, await issuer.discovery(signal)));
  const discoveries: Fetched<IssuerDiscovery>[] = [{ from: "the API server", document: inside }];
  const name = token.kind === "answer" ? token.value.live.claims.issuer : undefined;
  if (name !== undefined && !isAt(name, issuer.server)) {
    const url = `${name.replace(/\/+$/, "")}/.well-known/openid-configuration`;
    discoveries.push({
      from: url,
      document: await asking(async () => read(readDiscovery, await fetchDocument(url, signal))),
    });
  }
  const keySets: Fetched<readonly string[]>[] = [
    { from: "the API server", document: await asking(async () => read(readKeyIds, await issuer.keys(signal))) },
  ];
  const uri = discoveries.map(({ document }) => document).findLast((document) => document.kind === "answer")
    ?.value.jwksUri;
  if (uri !== undefined && uri !== "" && !isAt(uri, issuer.server)) {
    keySets.push({ from: uri, document: await asking(async () => read(readKeyIds, await fetchDocument(uri, signal))) });
  }
  return { discoveries, keySets };
}

/** Whether an address is the API server's own. */
function isAt(url: string, server: string): boolean {
  return url === server || url.startsWith(`${server}/`);
}

function read<T>(reader: (document: unknown) => T | undefined, document: unknown): T {
  const value = reader(document);
  if (value === undefined) throw new Fault("cluster.malformed", "the document is not what OpenID Connect says");
  return value;
}

async function answerOf(
  { domain, url, authority }: AskedAuthority,
  asking: Asking,
  signal: AbortSignal,
): Promise<AuthorityAnswer> {
  return { domain, url, issuers: await asking(() => authority.issuers(signal)) };
}

/** A certificate for a key that is dropped with this call, from the first authority that lists the issuer and audience. */
async function exchangeFor(
  { authorities, newSigner, clock }: IssuerPorts,
  { secret: token, live: { claims } }: Obtained,
  answers: readonly AuthorityAnswer[],
  signal: AbortSignal,
): Promise<Parsed<ExchangedCertificate>> {
  const index = answers.findIndex(
    ({ issuers }) =>
      issuers.kind === "answer" && claims.audiences.includes(entryFor(claims.issuer, issuers.value)?.audience ?? ""),
  );
  const [asked, answer] = [authorities[index], answers[index]];
  if (!asked || answer?.issuers.kind !== "answer")
    return { ok: false, code: "not-listed", detail: "no Fulcio lists issuer and audience (D6)" };
  const { authority, url, openTrust } = asked;
  const challenge = toChallenge(claims, answer.issuers.value);
  if (!challenge) return { ok: false, code: "challenge", detail: `${url} wants a claim signed that is not known here` };
  const trust = await openTrust(signal);
  const signer = await newSigner();
  const proofOfPossession = await signer.sign(toUtf8(challenge.value));
  const issued = await authority.issue({ token, publicKey: signer.publicKey, proofOfPossession }, signal);
  const judged = judgeIssued(issued, {
    publicKey: signer.publicKey,
    token: claims,
    identity: toExpectedIdentity(claims, challenge.entry?.issuerType),
    trust,
    now: clock.now(),
  });
  if (!judged.ok) return parsed({ authority: url, problem: `${judged.code}: ${judged.detail}` });
  const tokenSubject = judged.value.leaf.fulcio.get(TOKEN_SUBJECT);
  return parsed({ authority: url, problem: "", ...(tokenSubject !== undefined && { tokenSubject }) });
}

/** Fulcio's extension `.24` (fulcio `docs/oid-info.md`). */
const TOKEN_SUBJECT = 24;

function toExchanged(exchanged: Parsed<ExchangedCertificate>): Asked<ExchangedCertificate> {
  return exchanged.ok ? toAnswer(exchanged.value) : { kind: "none", detail: exchanged.detail };
}
