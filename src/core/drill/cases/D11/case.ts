import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d11: DrillCase = pushed("D11", "SCT of another certificate / unknown CT log / flipped bit", "drill", [
  trial(one({ leaf: { sct: "other-certificate" } }), refuse("sct-signature"), "other certificate"),
  trial(one({ leaf: { sct: "unknown-log" } }), refuse("sct-unknown-log"), "unknown log"),
  trial(one({ leaf: { sct: "flipped" } }), refuse("sct-signature"), "flipped bit"),
]);
