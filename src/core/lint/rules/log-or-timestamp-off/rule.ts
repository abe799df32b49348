import { optionOf, type ToolCall } from "../../calls.ts";
import { hasVariable, isKeyless } from "../../keyless.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const logOrTimestampOff: LintRule = {
  id: "log-or-timestamp-off",
  code: "SIG-11",
  severity: "medium",
  source: [
    "sigstore/cosign doc/cosign_sign.md, --tlog-upload, --timestamp-server-url",
    "sigstore/rekor-tiles: entries carry no time",
  ],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap((facts) => facts.calls.flatMap((call) => checkCall(call, facts))),
};

function checkCall(call: ToolCall, facts: StepFacts): readonly RuleFinding[] {
  if (call.tool !== "cosign") return [];
  const off = call.words.find(({ value }) =>
    /^--(?:tlog-upload=false|no-tlog-upload(?:=true)?|insecure-ignore-tlog(?:=true)?)$/.test(value),
  );
  if (off) {
    const message = `${off.value} leaves the log out: a signature that nobody can count, and a theft that nobody can see.`;
    return [found(off.scalar, { at: off.at, message, fix: "Take it out." })];
  }
  if (!facts.signings.includes(call) || !isKeyless(call) || hasTime(call, facts)) return [];
  return [
    found(call.name.scalar, {
      at: call.name.at,
      message:
        "No timestamp authority is named: with a log of the second kind nothing says when this was signed, and the certificate is over in ten minutes.",
      fix: "Give `--signing-config`, or `--timestamp-server-url`.",
    }),
  ];
}

function hasTime(call: ToolCall, facts: StepFacts): boolean {
  return (
    optionOf(call, "--timestamp-server-url", "--signing-config", "--use-signing-config") !== undefined ||
    hasVariable(facts, "COSIGN_TIMESTAMP_SERVER_URL", "TIMESTAMP_SERVER_URL", "TSA_URL")
  );
}
