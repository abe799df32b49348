import type { ExchangeContext } from "../../exports/engine.ts";
import type { ImportBook } from "../imported.ts";
import type { RootRef } from "./trust-roots.ts";

/** What readers of this format pass on. */
export type Reader = {
  readonly book: ImportBook;
  readonly context: ExchangeContext;
  readonly roots: ReadonlyMap<string, RootRef>;
};
