import type { LogName } from "../../core/entry/signing-event.ts";
import { Fault } from "../../core/fault.ts";

/** Reads `log/index`, as events are named on screen and in URLs. Faults: `input.malformed`. */
export function parseEventRef(ref: string): { readonly log: LogName; readonly logIndex: number } {
  const [, log = "", digits = ""] = /^(.+)\/(\d{1,15})$/.exec(ref) ?? [];
  if (log === "") throw new Fault("input.malformed", `${ref.slice(0, 200)}: log/index`);
  return { log, logIndex: Number(digits) };
}
