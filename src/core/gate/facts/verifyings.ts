import { operandsOf, type ToolCall } from "../../lint/calls.ts";
import { toArtifact } from "./artifact.ts";
import type { Entry } from "./entry.ts";
import { rankOfStrength, weakestOf, type VerifyingFact } from "./fact.ts";
import type { Producers } from "./signings.ts";
import { loweredByScript } from "./script-strength.ts";
import { loweredByStep, loweredByTask } from "./strength.ts";
import type { Values } from "./values.ts";

type Around = { readonly entry: Entry; readonly values: Values; readonly producers: Producers };

/** What an entry verifies, by the known verifiers that its steps call. */
export function verifyingsOf({ entry, values, producers }: Around): readonly VerifyingFact[] {
  return entry.tasks.flatMap((at) =>
    (at.unit ? at.scene.stepsOf(at.unit) : []).flatMap((facts) =>
      facts.calls.flatMap((call): readonly VerifyingFact[] => {
        const check = checkOf(call);
        if (check === undefined) return [];
        const operand = operandsOf(call).at(-1)?.value ?? "";
        const subject = toArtifact(values.ofRun(values.ofStep(operand, at, facts)));
        const makers = producers.get(subject) ?? new Set();
        const lowered = [
          ...loweredByTask(at, entry, values, makers),
          ...loweredByStep(at, facts, values),
          ...loweredByScript(call),
        ].toSorted((a, b) => rankOfStrength(a.strength) - rankOfStrength(b.strength));
        return [
          {
            entry: entry.id,
            check,
            subject,
            strength: weakestOf(lowered.map(({ strength }) => strength)),
            why: lowered[0]?.why ?? "",
            node: call.name.scalar,
          },
        ];
      }),
    ),
  );
}

/** Verifiers that fail on what does not verify, with the beginning of the verb. */
const VERIFIERS: ReadonlyMap<string, string> = new Map([
  ["cosign", "verify"],
  ["notation", "verify"],
  ["countersign", "verify"],
  ["slsa-verifier", "verify"],
  ["ec", "validate"],
  ["gh", "attestation"],
  ["conftest", "verify"],
]);

function checkOf(call: ToolCall): string | undefined {
  const verb = operandsOf(call)[0]?.value ?? "";
  const known = VERIFIERS.get(call.tool);
  return known !== undefined && verb.startsWith(known) ? `${call.tool} ${verb}` : undefined;
}
