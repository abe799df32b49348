import type { Story } from "./story.ts";

/** Symbols of states; ASCII where the terminal has nothing else. */
export type StorySymbols = { readonly problem: string };

const LABEL_WIDTH = 10;
const SUBJECT_WIDTH = 37;
const INDENT: string = " ".repeat(4 + LABEL_WIDTH + 1);

/** Renders a story for a terminal (product chapter §2.5). */
export function renderStory(story: Story, symbols: StorySymbols = { problem: "✗" }): string {
  const facts = story.facts.flatMap(({ number, label, text, problems }) => [
    `${String(number).padStart(3)} ${label.padEnd(LABEL_WIDTH)} ${shorten(text)}`,
    ...problems.map((problem) => `${INDENT}${symbols.problem} ${shorten(problem)}`),
  ]);
  const told = new Set(story.facts.flatMap(({ problems }) => problems));
  const reasons = story.reasons.filter(({ text }) => !told.has(text));
  const lines = [
    `${shorten(story.subject).padEnd(SUBJECT_WIDTH)} ${stateOf(story)}`,
    ...facts,
    ...reasons.map(({ severity, text }) => `${severity.padEnd(4 + LABEL_WIDTH)} ${shorten(text)}`),
    `not covered: ${story.notCovered.join("; ")}`,
    ...(story.next === undefined ? [] : [`next         ${story.next}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function stateOf({ verdict, incident, headline }: Story): string {
  if (incident) return `INCIDENT ${incident.id}  severity ${incident.severity}`;
  if (verdict === "fail") return "FINDINGS";
  return verdict === "pass" ? `OK  ${headline}` : `UNDECIDED  ${headline}`;
}

/** A digest as people compare it: its first and last digits. The whole stands in JSON. */
function shorten(text: string): string {
  return text.replace(/sha256:([0-9a-f]{4})[0-9a-f]{56}([0-9a-f]{4})/g, "sha256:$1…$2");
}
