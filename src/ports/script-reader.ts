import type { ScriptFacts } from "../core/pipelines/script/script-facts.ts";

/** Reads shell text into words, quoting and positions, so that lint needs no package. Never throws; what it cannot read makes `isWhole` false. */
export interface ScriptReader {
  read(script: string): ScriptFacts;
}
