import { sameBytes } from "../../core/bytes/bytes.ts";
import { toFinding, type GateFinding } from "../../core/gate/finding.ts";
import type { GateDocument } from "../../core/gate/readers/field.ts";
import { headOf } from "../../core/gate/readers/object.ts";
import { placeOf } from "../../core/pipelines/definitions/source-node.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { ReadSides } from "./read-sides.ts";

/**
 * Policies that no reader has, and parts of verifiers whose policies are elsewhere, where the change touches their files:
 * what they accept is not known, and that it is the same must not be concluded.
 */
export function judgeUnreadKinds({ base, head }: GatheredChange, sides: ReadSides): readonly GateFinding[] {
  const isChanged = ({ file }: GateDocument): boolean => {
    // A key of a ConfigMap is called after its file.
    const path = file.replace(/#(?:data|stringData)\[".*"\]$/s, "");
    return !isSame(base.contents.get(path), head.contents.get(path));
  };
  return (["base", "head"] as const).flatMap((revision) =>
    sides[revision].unread.filter(isChanged).map((document) => tell(revision, document)),
  );
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && sameBytes(a, b);
}

function tell(revision: "base" | "head", document: GateDocument): GateFinding {
  const { kind, name } = headOf(document);
  const reason = `${kind || "a policy"} ${name} is about a verifier of which nothing else that the gate reads is here`;
  return toFinding({
    code: "GP021",
    level: "undecided",
    verdict: "UNDECIDED",
    system: "gate",
    message: reason,
    where: { revision, file: document.file, line: placeOf(document.root).line, pointer: document.pointer },
    open: { reason, decide: "include the policies that it is about, or let somebody read it who knows the verifier" },
  });
}
