/** The parts of the gate that can be asked for alone. */
export const GATE_PARTS = ["policy", "identity", "pipeline"] as const;
export type GatePartName = (typeof GATE_PARTS)[number];
