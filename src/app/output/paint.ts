import type { Io, Terminal } from "../io.ts";

/** A state always has a word and a symbol; colour only repeats it. */
export type State = "ok" | "finding" | "undecided" | "warn";

export type Paint = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  /** The symbol of a state, in its colour. */
  readonly symbol: (state: State) => string;
  readonly state: (state: State, text: string) => string;
};

const COLOURS: Readonly<Record<State, number>> = { ok: 32, finding: 31, undecided: 35, warn: 33 };
const SYMBOLS: Readonly<Record<State, readonly [unicode: string, ascii: string]>> = {
  ok: ["✓", "+"],
  finding: ["✗", "x"],
  undecided: ["?", "?"],
  warn: ["!", "!"],
};

/** `--color`: what the person asked for. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** Colours and symbols for one of the streams, by product chapter §2.1 rule 9. */
export function paintFor(io: Io, terminal: Terminal, choice: ColorChoice = "auto"): Paint {
  const colour = wantsColour(io.env, terminal, choice);
  const escape = (code: number) => (text: string) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text);
  const unicode = isUtf8(io.env);
  const state = (name: State, text: string): string => escape(COLOURS[name])(text);
  return {
    bold: escape(1),
    dim: escape(2),
    symbol: (name) => state(name, SYMBOLS[name][unicode ? 0 : 1]),
    state,
  };
}

/** `--color` decides; then FORCE_COLOR; then NO_COLOR, `TERM=dumb` and a stream that is no terminal switch it off. */
export function wantsColour(env: Io["env"], terminal: Terminal, choice: ColorChoice): boolean {
  if (choice !== "auto") return choice === "always";
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if ((env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb") return false;
  return terminal.isTty;
}

/** POSIX: the first of LC_ALL, LC_CTYPE, LANG that is set. None set: UTF-8, as containers have none and modern terminals can. */
function isUtf8(env: Io["env"]): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale) || locale === "C.UTF-8";
}
