/** The formats of a report; the first is the default. */
export const GATE_FORMATS = ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"] as const;
export type GateFormat = (typeof GATE_FORMATS)[number];
