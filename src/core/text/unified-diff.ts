/** Lines that do not differ, shown around those that do. */
const CONTEXT_LINES = 3;

/**
 * What changes between two texts of one file, in the form that `git apply` and `patch` take; empty when nothing does. All
 * changes stand in one piece, from the first line that differs to the last.
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return "";
  const [old, now] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const from = Math.max(0, head - CONTEXT_LINES);
  const rest = Math.max(0, tail - CONTEXT_LINES);
  const lines = [
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
    ...old.slice(old.length - tail, old.length - rest).map((line) => ` ${line}`),
  ];
  const range = (all: readonly string[]): string => {
    const count = all.length - from - rest;
    return `${count === 0 ? from : from + 1},${count}`;
  };
  const names = [before === "" ? "/dev/null" : `a/${path}`, after === "" ? "/dev/null" : `b/${path}`];
  return `--- ${names[0] ?? ""}\n+++ ${names[1] ?? ""}\n@@ -${range(old)} +${range(now)} @@\n${lines.map(withEnd).join("")}`;
}

/** Each line with its line feed; the last may have none. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function withEnd(line: string): string {
  return line.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`;
}
