import type { Probed } from "../../app/doctor/probe.ts";
import type { Io } from "../../app/io.ts";
import { paintFor } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";

/** What was looked at, a line each: the state as symbol and word, then what is true, then what mends it. */
export function renderProbed(io: Io, probed: readonly Probed[]): string {
  if (probed.length === 0) return "Nothing is configured to look at: countersign config check\n";
  const paint = paintFor(io, io.outTerminal);
  const width = Math.max(...probed.map(({ group, name }) => `${group} ${name}`.length));
  return probed
    .map(({ group, name, state, detail, fix }) => {
      const line = `${paint.symbol(state)} ${state.padEnd(9)} ${visible(`${group} ${name}`).padEnd(width)}  ${visible(detail)}\n`;
      return fix === undefined ? line : `${line}${" ".repeat(width + 14)}fix: ${visible(fix)}\n`;
    })
    .join("");
}
