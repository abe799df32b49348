import { renderIdentity, toServiceAccountSan, type Identity } from "../../identity/identity.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../time.ts";
import { familyOf } from "../judge-signer.ts";
import type { MatchesWhole } from "../judge/judge-authority.ts";
import type { SignerPolicy } from "../signer-policy.ts";
import type { TrustPolicySet } from "../trust-policy.ts";
import { acceptsIdentity, accountOf, renderAllowed } from "./allowed.ts";
import type { AllowedUse, BuilderAct, ClusterView, DriftEvidence, LogCoverage, SeenAccount } from "./evidence.ts";
import { mendByAdding, mendByRemoving, type Mend } from "./mend.ts";

const DAY_MS = 86_400_000;
/** Who signed within this time is a builder. */
export const BUILDER_MS: number = 30 * DAY_MS;
/** Who has not signed for this long does not use what the policy allows. */
const UNUSED_MS = 90 * DAY_MS;
/** What was looked at longer ago says nothing of now. */
const STALE_MS = DAY_MS;

export type DriftKind = "unused" | "missing" | "dangling";

/** One place where the policy and what happens differ. */
export type DriftFinding = {
  readonly kind: DriftKind;
  readonly identity: string;
  /** Of what is allowed. */
  readonly authority?: string;
  readonly families: readonly string[];
  /** It has been so at least since then. */
  readonly since: UnixMs;
  readonly detail: string;
  readonly mend: Mend;
};

/** An identity that could not be judged, and for want of what. */
export type DriftGap = { readonly identity: string; readonly authority: string; readonly detail: string };

export type Drift = { readonly findings: readonly DriftFinding[]; readonly gaps: readonly DriftGap[] };

/** A policy, and what detection asks of it (`to-signer-policy.ts`). */
export type DriftPolicy = { readonly policy: TrustPolicySet; readonly expected: SignerPolicy };

/**
 * Holds a policy against who signs and who could, both ways: allowed and not used, allowed and not there, there and not
 * allowed. What the evidence does not decide is a gap, never a finding and never nothing.
 */
export function judgeDrift({ policy, expected }: DriftPolicy, evidence: DriftEvidence, matches: MatchesWhole): Drift {
  const judged = evidence.allowed.map((use) => judgeAllowed(use, evidence, matches));
  const strangers = judgeBuilders({ policy, expected }, evidence, matches);
  return {
    findings: [
      ...judged.flatMap(({ finding }) => finding ?? []),
      ...strangers,
      ...judgeAccounts(evidence, strangers, matches),
    ],
    gaps: judged.flatMap(({ gap }) => gap ?? []),
  };
}

type Judged = { readonly finding?: DriftFinding; readonly gap?: DriftGap };

function judgeAllowed(use: AllowedUse, evidence: DriftEvidence, matches: MatchesWhole): Judged {
  const account = accountOf(use.allowed.rule);
  if (!account) return judgeUse(use, evidence, matches);
  const clusters = evidence.clusters.filter(({ issuer }) => issuer === account.issuer);
  const found = clusters.map((view) => findAccount(view, account.namespace, account.serviceAccount));
  if (found.some(({ isLive }) => isLive)) return judgeUse(use, evidence, matches);
  if (clusters.length === 0) return gapOf(use, `no cluster with issuer ${account.issuer} is configured`);
  const blind = clusters.flatMap((view) => blindnessOf(view, evidence.now) ?? []);
  if (blind.length > 0) return gapOf(use, blind.join("; "));
  const gone = found.flatMap(({ goneBy }) => goneBy ?? []);
  const where = clusters.map(({ cluster }) => cluster).join(", ");
  const what = found.some(({ hasNamespace }) => hasNamespace)
    ? `service account ${account.namespace}/${account.serviceAccount}`
    : `namespace ${account.namespace}`;
  const seen = gone.length === 0 ? "was never seen" : "is gone";
  const since = latestOf(gone.length === 0 ? clusters.flatMap(({ watchedSince }) => watchedSince ?? []) : gone);
  const detail = `${what} of ${where} ${seen}: whoever can create it there may sign`;
  return findingOf(use, { kind: "dangling", since: since ?? evidence.now, detail });
}

type Found = { readonly isLive: boolean; readonly hasNamespace: boolean; readonly goneBy?: UnixMs };

function findAccount({ namespaces, accounts }: ClusterView, namespace: string, name: string): Found {
  const spaces = namespaces.filter((seen) => seen.name === namespace);
  const named = accounts.filter((seen) => seen.namespace === namespace && seen.name === name);
  const hasNamespace = spaces.some(({ goneBy }) => goneBy === undefined);
  const isLive = hasNamespace && named.some(({ goneBy }) => goneBy === undefined);
  const goneBy = latestOf([...named, ...(hasNamespace ? [] : spaces)].flatMap((seen) => seen.goneBy ?? []));
  return { isLive, hasNamespace, ...(goneBy !== undefined && { goneBy }) };
}

function latestOf(times: readonly UnixMs[]): UnixMs | undefined {
  return times.toSorted((a, b) => b - a)[0];
}

/** Why a cluster cannot tell that something is not in it. */
function blindnessOf({ cluster, gap, asOf }: ClusterView, now: UnixMs): string | undefined {
  if (gap !== undefined) return `${cluster}: ${gap}`;
  if (asOf === undefined) return `${cluster}: nothing of it was ever seen`;
  return now - asOf > STALE_MS ? `${cluster}: last looked at ${renderRfc3339(asOf)}` : undefined;
}

/** Unused: no signature for 90 days, and no account that has asked for a token. */
function judgeUse(use: AllowedUse, evidence: DriftEvidence, matches: MatchesWhole): Judged {
  const { allowed, last } = use;
  const from = addMs(evidence.now, -UNUSED_MS);
  if (last.kind === "signed" && last.at >= from) return {};
  if (last.kind === "unsearched") return gapOf(use, "its signing events are too many to be looked through");
  const mayBe = evidence.clusters.filter(
    ({ issuer }) => allowed.rule.issuer.kind === "pattern" || allowed.rule.issuer.text === issuer,
  );
  if (mayBe.some((view) => view.accounts.some((account) => isAsking(view, account, use, matches)))) return {};
  const blind = [
    ...logGaps(allowed.root, evidence.logs, { from, now: evidence.now }),
    ...mayBe.flatMap((view) => blindnessOf(view, evidence.now) ?? []),
  ];
  if (blind.length > 0) return gapOf(use, blind.join("; "));
  const known = last.kind === "signed" ? `the last signature is ${last.event}` : "there is no signature";
  const asked = mayBe.length === 0 ? "" : ", and no pod has asked for its token in 30 days";
  const since = last.kind === "signed" ? last.at : from;
  return findingOf(use, { kind: "unused", since, detail: `${known}${asked}` });
}

function isAsking(view: ClusterView, account: SeenAccount, { allowed }: AllowedUse, matches: MatchesWhole): boolean {
  if (account.goneBy !== undefined || account.asked === undefined) return false;
  const { rule } = allowed;
  const exact = accountOf(rule);
  if (exact) return exact.namespace === account.namespace && exact.serviceAccount === account.name;
  return acceptsIdentity(rule, identityOf(view, account), matches);
}

/** As Fulcio names it under the issuer type `kubernetes`. */
function identityOf({ issuer }: ClusterView, { namespace, name }: SeenAccount): Identity {
  return { issuer, san: toServiceAccountSan({ namespace, serviceAccount: name }), sanType: "uri" };
}

/** Why the logs of a trust root cannot tell that nothing was signed. */
function logGaps(
  root: string,
  logs: readonly LogCoverage[],
  { from, now }: { readonly from: UnixMs; readonly now: UnixMs },
): readonly string[] {
  const own = logs.filter((log) => log.root === root);
  if (own.length === 0) return [`no log of trust root ${root} is configured to be followed`];
  return own.flatMap(({ log, span }) => {
    if (!span) return [`log ${log} is not followed, or is empty`];
    if (now - span.to > STALE_MS) return [`log ${log} was last looked at ${renderRfc3339(span.to)}`];
    return span.from > from ? [`log ${log} is known from ${renderRfc3339(span.from)} only`] : [];
  });
}

/** Missing: who signed an image of a family within 30 days, and may not. */
function judgeBuilders(
  { policy, expected }: DriftPolicy,
  { acts, allowed }: DriftEvidence,
  matches: MatchesWhole,
): readonly DriftFinding[] {
  const strange = acts.flatMap((act) => {
    const family = familyOf(expected, act.repository)?.name;
    const rules = allowed.filter((use) => family !== undefined && use.allowed.families.includes(family));
    const isAllowed = rules.some(
      ({ allowed: { rule, root } }) => acceptsIdentity(rule, act.identity, matches) && isOfRoot(act, root),
    );
    return family === undefined || isAllowed ? [] : [{ act, family }];
  });
  const groups = Map.groupBy(strange, ({ act, family }) => JSON.stringify([family, ...Object.values(act.identity)]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group.toSorted((a, b) => a.act.at - b.act.at);
    return first ? [strangerOf(policy, first, group.length)] : [];
  });
}

/** The same name under another root is another signer; of a log that no root has, nothing is said. */
function isOfRoot({ roots }: BuilderAct, root: string): boolean {
  return roots.length === 0 || roots.includes(root);
}

function strangerOf(
  policy: TrustPolicySet,
  { act, family }: { readonly act: BuilderAct; readonly family: string },
  count: number,
): DriftFinding {
  const { identity, at, repository, event } = act;
  const times = count === 1 ? "one image" : `${count} images`;
  return {
    kind: "missing",
    identity: renderIdentity(identity),
    families: [family],
    since: at,
    detail: `signed ${times}, the first ${repository} (${event}), and family ${family} does not allow it`,
    mend: mendByAdding(policy, family, act),
  };
}

/** Missing too: an account whose pods ask for a token to sign with, and that no family allows anything. */
function judgeAccounts(
  { clusters, allowed }: DriftEvidence,
  strangers: readonly DriftFinding[],
  matches: MatchesWhole,
): readonly DriftFinding[] {
  return clusters.flatMap((view) =>
    view.accounts.flatMap((account): readonly DriftFinding[] => {
      // A projected token makes no SPIFFE identity; what does is not seen here.
      if (!account.asked || account.goneBy !== undefined || view.issuerType !== "kubernetes") return [];
      const identity = identityOf(view, account);
      const shown = renderIdentity(identity);
      const isAllowed = allowed.some(({ allowed: { rule } }) => {
        const exact = accountOf(rule);
        const isSame = exact?.namespace === account.namespace && exact.serviceAccount === account.name;
        return acceptsIdentity(rule, identity, matches) || (isSame && exact.issuer === view.issuer);
      });
      if (isAllowed || strangers.some((stranger) => stranger.identity === shown)) return [];
      const { pod, at } = account.asked;
      const detail = `pod ${account.namespace}/${pod} of ${view.cluster} asks for a token to sign with, and no family allows it`;
      const note =
        "no family is known that it builds: add it to the authority of its images, or take the token's audience from its pods";
      return [{ kind: "missing", identity: shown, families: [], since: at, detail, mend: { note } }];
    }),
  );
}

function findingOf(
  { allowed }: AllowedUse,
  { kind, since, detail }: Pick<DriftFinding, "kind" | "since" | "detail">,
): Judged {
  const { authority, families } = allowed;
  const mend = mendByRemoving(allowed);
  return { finding: { kind, identity: renderAllowed(allowed), authority, families, since, detail, mend } };
}

function gapOf({ allowed }: AllowedUse, detail: string): Judged {
  return { gap: { identity: renderAllowed(allowed), authority: allowed.authority, detail } };
}
