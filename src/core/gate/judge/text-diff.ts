/** Lines of a difference that anybody reads (change-gate chapter §8). */
const LINES_MAX = 20;
/** Beyond this the texts are only cut. */
const COMPARED_MAX = 400;

/** The lines that differ between two texts, `-` and `+` before them, a few that do not beside them. */
export function diffTexts(before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const lines = old.length > COMPARED_MAX || now.length > COMPARED_MAX ? wholesale(old, now) : align(old, now);
  const shown = lines.slice(0, LINES_MAX);
  const left = lines.length - shown.length;
  return [...shown, ...(left > 0 ? [`… ${left} more lines`] : [])].join("\n");
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.split("\n");
}

function wholesale(old: readonly string[], now: readonly string[]): readonly string[] {
  return [...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)];
}

/** Longest common subsequence: lengths from the end, then one walk from the start. */
function align(old: readonly string[], now: readonly string[]): readonly string[] {
  const at = commonLengths(old, now);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      lines.push(` ${old[i] ?? ""}`);
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push(`-${old[i++] ?? ""}`);
    else lines.push(`+${now[j++] ?? ""}`);
  }
  return [...lines, ...wholesale(old.slice(i), now.slice(j))];
}

function commonLengths(old: readonly string[], now: readonly string[]): (i: number, j: number) => number {
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
}
