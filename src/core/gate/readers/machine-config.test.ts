import { describe, expect, test } from "vitest";
import { reportOf, treeOf } from "../../../../test/vectors/gate-cases/world.ts";
import { toBase64 } from "../../bytes/base64.ts";
import { toUtf8 } from "../../bytes/utf8.ts";

const machine = (source: string): Readonly<Record<string, string>> => ({
  "m.yaml": JSON.stringify({
    apiVersion: "machineconfiguration.openshift.io/v1",
    kind: "MachineConfig",
    metadata: { name: "m" },
    spec: { config: { storage: { files: [{ path: "/etc/containers/policy.json", contents: { source } }] } } },
  }),
});
const OPEN = JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] });
const SHUT = JSON.stringify({ default: [{ type: "reject" }] });
const base64 = (text: string): string => `data:;base64,${toBase64(toUtf8(text))}`;
const percent = (text: string): string => `data:,${encodeURIComponent(text)}`;

describe("policy.json in a MachineConfig", () => {
  test.each([
    ["is read in base64", base64(SHUT), base64(OPEN), "LOOSENED"],
    ["is the same in another coding", base64(SHUT), percent(SHUT), "EQUIVALENT"],
    ["is refused when it lies elsewhere", base64(SHUT), "https://elsewhere", "UNDECIDED"],
    ["is refused when it is no text of a URL", base64(SHUT), `data:,${SHUT}é`, "UNDECIDED"],
  ])("%s", (_, before, after, verdict) => {
    expect(reportOf(treeOf(machine(before)), treeOf(machine(after))).verdict).toBe(verdict);
  });
});
