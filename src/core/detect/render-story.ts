import type { Story } from "./story.ts";

/** What the terminal can show. */
export type StoryStyle = {
  /** ASCII where there is nothing else. */
  readonly problem: string;
  /** Takes away what could write lines of its own: names come from certificates and clusters. */
  readonly visible: (text: string) => string;
};

const LABEL_WIDTH = 10;
const SUBJECT_WIDTH = 37;
const INDENT: string = " ".repeat(4 + LABEL_WIDTH + 1);

/** Renders a story for a terminal (product chapter §2.5). */
export function renderStory(story: Story, { problem: mark, visible }: StoryStyle): string {
  const shorten = (text: string): string => visible(shortenDigests(text));
  const facts = story.facts.flatMap(({ number, label, text, problems }) => [
    `${String(number).padStart(3)} ${label.padEnd(LABEL_WIDTH)} ${shorten(text)}`,
    ...problems.map((problem) => `${INDENT}${mark} ${shorten(problem)}`),
  ]);
  const told = story.facts.flatMap(({ text, problems }) => [text.replace(/^because /, ""), ...problems]);
  const reasons = story.reasons.filter(({ text }) => !told.some((part) => text.includes(part)));
  const lines = [
    `${shorten(story.subject).padEnd(SUBJECT_WIDTH)} ${shorten(stateOf(story))}`,
    ...facts,
    ...reasons.map(({ severity, text }) => `${severity.padEnd(4 + LABEL_WIDTH)} ${shorten(text)}`),
    `not covered: ${shorten(story.notCovered.join("; "))}`,
    ...(story.next === undefined ? [] : [`next         ${visible(story.next)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function stateOf({ verdict, incident, headline }: Story): string {
  if (incident) return `INCIDENT ${incident.id}  severity ${incident.severity}`;
  if (verdict === "fail") return "FINDINGS";
  return verdict === "pass" ? `OK  ${headline}` : `UNDECIDED  ${headline}`;
}

/** A digest as people compare it: its first and last digits. The whole stands in JSON. */
function shortenDigests(text: string): string {
  return text.replace(/sha256:([0-9a-f]{4})[0-9a-f]{56}([0-9a-f]{4})/g, "sha256:$1…$2");
}
