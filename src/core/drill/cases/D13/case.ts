import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const d13: DrillCase = pushed("D13", "weak key", "drill", [
  trial(one({ leaf: { key: "rsa1024" } }), refuse("key-alg"), "RSA-1024"),
  trial(one({ leaf: { key: "p224" } }), refuse("key-alg"), "P-224"),
]);
