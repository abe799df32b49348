import type { EventDetail, WorkloadItem } from "../../../src/app/http/contract.ts";
import { artifactHref, identityEventsHref } from "../format/links.ts";
import { clipMiddle, shortDigest, visible, wrapText } from "../format/visible.ts";
import { absoluteTime } from "../format/time.ts";
import { EXPECTED_WORDS, JOIN_WORDS, repositoryName, SIGNING_WORDS } from "../format/words.ts";

/** One event as a chain of five columns: log entry, run, identity, artifacts, workloads. Data only; `chain-picture.tsx` draws it. */
export type Chain = { readonly columns: readonly ChainColumn[]; readonly edges: readonly ChainEdge[] };

export type ChainColumn = { readonly heading: string; readonly cards: readonly ChainCard[] };

export type ChainCard = {
  /** Unique in the chain. */
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly state: ChainState;
  /** Everything that may be clipped, whole. */
  readonly full: string;
  readonly href?: string;
};

/** `missing`: nothing is known there, and the card says so. */
export type ChainState = "good" | "bad" | "plain" | "missing";

export type ChainEdge = {
  readonly from: string;
  readonly to: string;
  /** What joins the two, in a word or two. */
  readonly evidence: string;
  /** How firmly. */
  readonly grade: string;
  readonly state: ChainState;
  /** The whole sentence. */
  readonly full: string;
};

/** What fits into a card: its texts are not measured, so these go with the font sizes of `chain-picture.css`. */
const TITLE_CHARS = 17;
const LINE_CHARS = 23;

/** Cards in one column at most; the rest are counted. */
const CARDS_MAX = 4;

/** The chain of an event. Every link is there, also the one that nothing proves: then it says that. */
export function toChain(event: EventDetail): Chain {
  const artifacts = artifactCards(event);
  const workloads = workloadCards(event);
  const columns = [
    { heading: "Log entry", cards: [entryCard(event)] },
    { heading: event.run?.kind ?? "Run", cards: [runCard(event)] },
    { heading: "Identity", cards: [identityCard(event)] },
    { heading: "Artifact", cards: artifacts.map(({ card }) => card) },
    { heading: "Runs as", cards: workloads.map(({ card }) => card) },
  ];
  const edges = [
    runEdge(event),
    accountEdge(event),
    ...artifacts.map(({ card }) => signedEdge(event, card)),
    ...workloads.map((workload) => runningEdge(workload, artifacts)),
  ];
  return { columns, edges };
}

function entryCard(event: EventDetail): ChainCard {
  return {
    id: "entry",
    title: `#${event.index}`,
    lines: [clipMiddle(event.log, LINE_CHARS), absoluteTime(event.eventTime).slice(0, 16)],
    state: event.parsed ? "good" : "bad",
    full: `Entry ${event.index} of ${visible(event.log)}, ${absoluteTime(event.eventTime)}, ${visible(event.kind)}`,
  };
}

function runCard({ run, correlation }: EventDetail): ChainCard {
  if (!run) {
    const why = correlation.reasons[0] ?? "nothing joins this entry to a run";
    return {
      id: "run",
      title: "no run known",
      lines: wrapText(why, LINE_CHARS, 2),
      state: "missing",
      full: visible(why),
    };
  }
  return {
    id: "run",
    title: clipMiddle(run.name, TITLE_CHARS),
    lines: [`in ${clipMiddle(run.namespace, LINE_CHARS - 3)}`, clipMiddle(run.cluster, LINE_CHARS)],
    state: correlation.grade.startsWith("A") || correlation.grade === "B" ? "good" : "plain",
    full: visible(`${run.kind} ${run.namespace}/${run.name} in ${run.cluster}`),
  };
}

function identityCard({ identity, chain }: EventDetail): ChainCard {
  if (!identity) {
    const full = "Signed with a bare key: the entry names nobody";
    return { id: "identity", title: "a bare key", lines: ["no certificate"], state: "missing", full };
  }
  return {
    id: "identity",
    title: clipMiddle(identity.serviceAccount ?? identity.san, TITLE_CHARS),
    lines: [
      identity.namespace === null ? `certificate ${chain}` : `in ${clipMiddle(identity.namespace, LINE_CHARS - 3)}`,
      clipMiddle(identity.issuer.replace("https://", ""), LINE_CHARS),
    ],
    state: chain === "verified" ? "good" : "bad",
    full: visible(`${identity.san} @ ${identity.issuer}, certificate ${chain}`),
    href: identityEventsHref(identity.san),
  };
}

type ArtifactCard = { readonly card: ChainCard; readonly digest: string | undefined };

function artifactCards(event: EventDetail): readonly ArtifactCard[] {
  const known = event.artifacts.map(({ repository, digest }) => ({
    name: repositoryName(repository),
    digest,
    whole: repository,
  }));
  const subjects = event.digests
    .filter(({ role }) => role === "subject" || role === "data")
    .map(({ role, digest }) => ({ name: role === "subject" ? "artifact" : "signed content", digest, whole: role }));
  const named = known.length > 0 ? known : subjects;
  const [first] = named;
  if (!first) {
    const full = "No bundle that was seen says what this entry signed";
    const card: ChainCard = { id: "artifact-0", title: "not known", lines: ["no bundle seen"], state: "missing", full };
    return [{ card, digest: undefined }];
  }
  const shown = named.slice(0, CARDS_MAX).map(({ name, digest, whole }, i): ArtifactCard => ({
    digest,
    card: {
      id: `artifact-${i}`,
      title: clipMiddle(name, TITLE_CHARS),
      lines: [shortDigest(digest), EXPECTED_WORDS[event.expected.state]],
      state: event.expected.state === "no" ? "bad" : event.expected.state === "yes" ? "good" : "plain",
      full: visible(`${whole}@${digest}`),
      href: artifactHref(digest),
    },
  }));
  return named.length > CARDS_MAX
    ? [...shown, { card: moreCard("artifact", named.length - CARDS_MAX), digest: undefined }]
    : shown;
}

type WorkloadCard = { readonly card: ChainCard; readonly workload: WorkloadItem | undefined };

function workloadCards({ workloads, coverage }: EventDetail): readonly WorkloadCard[] {
  if (workloads.length === 0) {
    const covered = coverage.gaps.every(({ source }) => source !== "cluster");
    const why = covered ? "in the clusters that are watched" : "some clusters were not seen";
    const card: ChainCard = {
      id: "workload-0",
      title: "not running",
      lines: wrapText(why, LINE_CHARS, 2),
      state: "missing",
      full: `Runs nowhere ${why}`,
    };
    return [{ card, workload: undefined }];
  }
  const shown = workloads.slice(0, CARDS_MAX).map((workload, i): WorkloadCard => ({
    workload,
    card: {
      id: `workload-${i}`,
      title: clipMiddle(workload.owners.at(-1)?.split("/").at(-1) ?? workload.pod, TITLE_CHARS),
      lines: [
        clipMiddle(workload.finishedAt === null ? workload.namespace : `ended, ${workload.namespace}`, LINE_CHARS),
        `${clipMiddle(workload.cluster, 11)} · ${clipMiddle(workload.container, 9)}`,
      ],
      state: workload.signing === "signed" ? "good" : "bad",
      full: visible(
        `${workload.namespace}/${workload.pod}, container ${workload.container}, ${workload.cluster}: ${SIGNING_WORDS[workload.signing]}`,
      ),
    },
  }));
  const more = workloads.length - CARDS_MAX;
  return more > 0 ? [...shown, { card: moreCard("workload", more), workload: undefined }] : shown;
}

function moreCard(column: string, count: number): ChainCard {
  return {
    id: `${column}-more`,
    title: `+ ${count} more`,
    lines: [],
    state: "plain",
    full: `${count} more, in the table`,
  };
}

function runEdge({ correlation, run }: EventDetail): ChainEdge {
  const [best] = correlation.candidates;
  const kinds = [...new Set((best?.evidence ?? []).map(({ kind }) => JOIN_WORDS[kind] ?? kind))];
  const sentences = [...correlation.reasons, ...(best?.evidence ?? []).map(({ detail }) => detail)];
  return {
    from: "entry",
    to: "run",
    evidence: run ? (kinds[0] ?? "time") + (kinds.length > 1 ? ` +${kinds.length - 1}` : "") : "no evidence",
    grade: correlation.grade,
    state: run ? (best && best.conflicts.length > 0 ? "bad" : "good") : "missing",
    full: visible(sentences.join("; ") || "Nothing joins the entry to a run"),
  };
}

/** The run's service account is the one in the certificate, or it is not: the comparison that a stolen token fails. */
function accountEdge({ correlation, run, identity }: EventDetail): ChainEdge {
  const account = correlation.candidates[0]?.serviceAccount;
  const [from, to] = ["run", "identity"];
  if (!run || account === undefined) {
    return {
      from,
      to,
      evidence: "no run",
      grade: "",
      state: "missing",
      full: "No run to compare the identity with",
    };
  }
  const conflict = correlation.candidates[0]?.conflicts.includes("correlation-identity-conflict") === true;
  const same = !conflict && identity?.serviceAccount === account && identity.namespace === run.namespace;
  return {
    from,
    to,
    evidence: same ? "ran as" : "another",
    grade: same ? "=" : "≠",
    state: same ? "good" : "bad",
    full: visible(`The run used service account ${run.namespace}/${account}`),
  };
}

function signedEdge({ expected, chain }: EventDetail, to: ChainCard): ChainEdge {
  const state =
    to.state === "missing" ? "missing" : expected.state === "no" ? "bad" : expected.state === "yes" ? "good" : "plain";
  return {
    from: "identity",
    to: to.id,
    evidence: "signed",
    grade: EXPECTED_WORDS[expected.state],
    state,
    full: visible(`Signature with a certificate that is ${chain}; policy: ${expected.reason}`),
  };
}

function runningEdge({ card, workload }: WorkloadCard, artifacts: readonly ArtifactCard[]): ChainEdge {
  const source = artifacts.find(({ digest }) => digest !== undefined && digest === workload?.digest) ?? artifacts[0];
  const from = source?.card.id ?? "artifact-0";
  if (!workload) {
    return {
      from,
      to: card.id,
      evidence: card.state === "missing" ? "" : "runs",
      grade: "",
      state: card.state,
      full: card.full,
    };
  }
  const match = workload.match.replace("match-", "");
  return {
    from,
    to: card.id,
    evidence: "runs",
    grade: match,
    state: card.state,
    full: visible(`${workload.image} runs; its digest was matched by ${match}`),
  };
}

/** The chain as a sentence: what a screen reader says for the picture. */
export function chainSentence({ columns, edges }: Chain): string {
  const links = columns.map(({ heading, cards }) => `${heading}: ${cards.map(({ full }) => full).join("; ")}`);
  const weak = edges.filter(({ state }) => state === "bad" || state === "missing");
  const doubt =
    weak.length === 0 ? "Every link is supported." : `In doubt: ${weak.map(({ full }) => full).join("; ")}.`;
  return `${links.join(". ")}. ${doubt}`;
}

/** The chain as rows: the same data, for the table that stands in for the picture. */
export function chainRows(
  chain: Chain,
): readonly (ChainEdge & { readonly fromText: string; readonly toText: string })[] {
  const cards = new Map(chain.columns.flatMap((column) => column.cards).map((card) => [card.id, card.full]));
  return chain.edges.map((edge) => ({
    ...edge,
    fromText: cards.get(edge.from) ?? "",
    toText: cards.get(edge.to) ?? "",
  }));
}
