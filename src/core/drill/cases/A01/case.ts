import { one, pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";

export const a01: DrillCase = pushed("A01", "good bundle", "drill", [trial(one(), ADMIT)]);
