/** What is done about a change of the policy that loosens it. */
export const GATE_MODES = ["report", "enforce"] as const;
export type GateMode = (typeof GATE_MODES)[number];
