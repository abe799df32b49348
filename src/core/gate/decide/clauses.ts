import { toClauses, type Formula } from "../../policy/cnf.ts";
import { toCoverIndex, type CoverIndex } from "./cover-index.ts";
import type { Box, Need } from "../form/need.ts";

/** A clause of a need: the evidence has to have a piece in one of these boxes. */
export type Clause = {
  readonly boxes: readonly Box[];
  readonly keys: ReadonlySet<string>;
  readonly covers: CoverIndex;
};

/** The conjunctive normal form of a need; `undefined` when it has too many terms to be compared. */
export function closedClauses(need: Need): readonly Clause[] | undefined {
  return toClauses(toFormula(need), ({ key }) => key)?.map((boxes) => ({
    boxes,
    keys: new Set(boxes.map(({ key }) => key)),
    covers: toCoverIndex(boxes.map(({ zone }) => zone)),
  }));
}

function toFormula(need: Need): Formula<Box> {
  if (need.op === "some") return { op: "term", term: need.box };
  const of = need.of.map(toFormula);
  return need.op === "atLeast" ? { op: "atLeast", n: need.n, of } : { op: need.op, of };
}
