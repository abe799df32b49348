import { entryFor } from "../identity/challenge.ts";
import { judgeToken } from "../identity/judge-token.ts";
import type { UnixMs } from "../time.ts";
import type { Asked, Check } from "./check.ts";
import { gravest } from "./check.ts";
import type { IssuerEvidence } from "./issuer-evidence.ts";
import { judgeClock } from "./judge-clock.ts";
import {
  FIRST_A_TOKEN,
  judgeDiscovery,
  judgeKeyId,
  judgeKeySource,
  judgeNamedIssuer,
  judgeTokenAlgorithm,
} from "./judge-issuer-documents.ts";

/** The ten questions, in the order in which a broken one explains the next (pipelines chapter §1.3). */
export const ISSUER_CHECKS = [
  { id: "D1", name: "issuer of tokens" },
  { id: "D2", name: "discovery document" },
  { id: "D3", name: "address of the keys" },
  { id: "D4", name: "key of tokens" },
  { id: "D5", name: "algorithm of tokens" },
  { id: "D6", name: "registered with Fulcio" },
  { id: "D7", name: "audience is Fulcio's alone" },
  { id: "D8", name: "token of ten minutes" },
  { id: "D9", name: "certificate for a token" },
  { id: "D10", name: "clocks" },
] as const;

export type IssuerCheckId = (typeof ISSUER_CHECKS)[number]["id"];

/** Answers one of the ten questions, at the time `now`. */
export function judgeIssuer(id: IssuerCheckId, evidence: IssuerEvidence, now: UnixMs): Check {
  return JUDGES[id](evidence, now);
}

const REACH = "Check the address and the network.";

const JUDGES: Readonly<Record<IssuerCheckId, (evidence: IssuerEvidence, now: UnixMs) => Check>> = {
  D1: judgeNamedIssuer,
  D2: judgeDiscovery,
  D3: judgeKeySource,
  D4: judgeKeyId,
  D5: judgeTokenAlgorithm,
  D6: judgeRegistered,
  D7: judgeAudience,
  D8: judgeLiveToken,
  D9: judgeExchange,
  D10: judgeClocks,
};

function judgeRegistered({ authorities, token, audience, cluster }: IssuerEvidence): Check {
  if (authorities.length === 0) {
    const fix = "Name the Fulcio: trust.domains[].fulcio.";
    return { state: "undecided", detail: "the configuration names no Fulcio", fix };
  }
  if (token.kind === "none") return { state: "undecided", detail: "there is no token to look at", fix: FIRST_A_TOKEN };
  const { issuer } = token.value.claims;
  const answers = authorities.map(({ url, issuers }): Check => {
    if (issuers.kind === "none") return unseen(issuers, `${url} did not answer`, REACH);
    const entry = entryFor(issuer, issuers.value);
    const said = `{issuer: ${issuer}, client-id: ${audience}, type: kubernetes}`;
    if (!entry) {
      const fix = `Add to Fulcio's oidc-issuers: ${said}.`;
      return { state: "finding", detail: `${url} does not list ${issuer}`, fix };
    }
    const wrong = [
      ...(entry.audience === audience ? [] : [`wants the audience "${entry.audience}", not "${audience}"`]),
      ...(TYPES.has(entry.issuerType) ? [] : [`reads tokens as of type "${entry.issuerType}"`]),
    ];
    if (wrong.length > 0) {
      const fix = `Change the entry to ${said}, or clusters[].audience of ${cluster} to Fulcio's.`;
      return { state: "finding", detail: `${url} lists ${issuer}, and ${wrong.join(" and ")}`, fix };
    }
    if (entry.wildcard) {
      const fix = `Name the issuer exactly: ${said}.`;
      return { state: "warn", detail: `${url} lists ${issuer} by the pattern ${entry.issuer} (CFG-02)`, fix };
    }
    return { state: "ok", detail: `${url} lists ${issuer}, audience ${audience}, type ${entry.issuerType}` };
  });
  // A cluster signs with one of them; that the others do not know it is in order.
  const [first, ...others] = answers.filter(({ state }) => state === "ok");
  if (first) return gravest([first, ...others]);
  return answers.reduce((a, b) => gravest([a, b]));
}

/** What makes a SAN of a service account; `email`, `uri` and `username` are a misconfiguration for a cluster (CFG-04). */
const TYPES: ReadonlySet<string> = new Set(["kubernetes", "ci-provider", "spiffe"]);

function judgeAudience({ token, tokenTaken, audience }: IssuerEvidence): Check {
  const fix =
    "Choose an audience that is neither an issuer nor an API audience, such as sigstore, and set it as Fulcio's client-id.";
  if (token.kind === "answer" && token.value.claims.issuer === audience) {
    return {
      state: "finding",
      detail: `the audience ${audience} is the cluster's issuer: every auto-mounted token signs (CFG-01)`,
      fix,
    };
  }
  if (tokenTaken.kind === "none")
    return unseen(tokenTaken, "the API server did not say whether it takes the token", FIRST_A_TOKEN);
  if (!tokenTaken.value) return { state: "ok", detail: `the API server refuses a token for ${audience}` };
  return {
    state: "finding",
    detail: `the API server takes a token for ${audience} as a credential: every auto-mounted token signs (CFG-01)`,
    fix,
  };
}

const LIFETIME_SECONDS = 600;

function judgeLiveToken({ token, audience }: IssuerEvidence, now: UnixMs): Check {
  if (token.kind === "none") return unseen(token, "no token was issued", TOKEN_FIX[token.fault ?? ""] ?? REACH);
  const { claims, boundToPod } = token.value;
  const policy = { audience, lifetimeSecondsMax: LIFETIME_SECONDS, podBound: boundToPod };
  const verdict = judgeToken(claims, policy, now);
  if (verdict.kind === "fail") {
    const detail = verdict.reasons.map((reason) => reason.detail).join("; ");
    const fix =
      "Look at the API server's --service-account-max-token-expiration and --service-account-extend-token-expiration.";
    return { state: "finding", detail, fix };
  }
  if (claims.jti === undefined) {
    const fix =
      "Upgrade to Kubernetes 1.30 or later; until then signatures are joined to runs by time, grade A- at best.";
    return { state: "warn", detail: "tokens have no jti", fix };
  }
  if (!boundToPod) {
    const fix = "Run a pod as this account, such as this program's own, and ask again.";
    return {
      state: "warn",
      detail: "a token for 600 s with jti; whether tokens name their pod was not seen: no pod runs as the account",
      fix,
    };
  }
  return { state: "ok", detail: `a token for ${audience}, 600 s, with jti and pod` };
}

const TOKEN_FIX: Readonly<Record<string, string>> = {
  "cluster.malformed": "Create the service account, or name another with --service-account.",
  "cluster.forbidden": "Bind the Role countersign-doctor: create on serviceaccounts/token of this one account.",
};

function judgeExchange({ exchange, token }: IssuerEvidence): Check {
  if (exchange.kind === "none") {
    const refused = exchange.fault === "fulcio.refused";
    const fix =
      "Compare issuer and audience (D6) and see whether Fulcio reaches the keys (D2, D3); its own log says which.";
    return refused
      ? { state: "finding", detail: exchange.detail, fix }
      : unseen(exchange, "no certificate was had", "Mend D6 and D8 first, and see that Fulcio and its CT log answer.");
  }
  const { authority, problem, tokenSubject } = exchange.value;
  if (problem !== "") {
    const fix =
      "Look at the issuer's type in Fulcio's configuration, and whether the trusted root is that of this Fulcio.";
    return { state: "finding", detail: `${authority}: ${problem}`, fix };
  }
  const subject = token.kind === "answer" ? token.value.claims.subject : "";
  if (tokenSubject === undefined) {
    const fix = "Upgrade Fulcio to 1.8.6 or later, whose certificates name the token's subject.";
    return { state: "warn", detail: `${authority} issues good certificates without extension .24`, fix };
  }
  if (tokenSubject !== subject) {
    const fix = "Do not sign with this Fulcio: its certificates contradict themselves (identity-inconsistent).";
    return {
      state: "finding",
      detail: `${authority}: extension .24 is "${tokenSubject}", the token's subject "${subject}"`,
      fix,
    };
  }
  return {
    state: "ok",
    detail: `${authority} issues a certificate with SAN, issuer, token subject and SCT as they have to be`,
  };
}

function judgeClocks({ clocks }: IssuerEvidence): Check {
  const [first, ...others] = clocks.map((clock): Check =>
    clock.kind === "none"
      ? unseen(clock, "no time", REACH)
      : judgeClock(clock.value.host, clock.value.dateMs, clock.value),
  );
  return first ? gravest([first, ...others]) : { state: "undecided", detail: "nobody was asked for the time" };
}

/** What could not be seen is undecided, and what is first to be mended is named. */
function unseen(asked: Unanswered, otherwise: string, fix: string): Check {
  return { state: "undecided", detail: `${otherwise}: ${asked.detail}`, fix };
}

type Unanswered = Extract<Asked<unknown>, { readonly kind: "none" }>;
