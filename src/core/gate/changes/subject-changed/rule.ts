import type { FactSignature } from "../../facts/fact.ts";
import { loosened, signedPairs, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const subjectChanged: ChangeRule = {
  id: "subject-changed",
  code: "GS010",
  source: ["change-gate chapter §5, GS010", "sigstore/cosign doc/cosign_sign.md, signing by tag"],
  check: (change) =>
    signedPairs(change)
      .filter(({ before, after }) => BINDINGS.indexOf(after.binding) < BINDINGS.indexOf(before.binding))
      .map(({ pair, after }) =>
        loosened({
          pair,
          says: `what is signed is ${after.subject}, which ${WORDS[after.binding]}`,
          witness: { subject: after.subject },
          where: whereOf("head", after.node),
        }),
      ),
};

/** By how firmly they bind the signature to what was built. */
const BINDINGS: readonly FactSignature["binding"][] = ["none", "tag", "given", "literal", "produced"];
const WORDS: Readonly<Record<FactSignature["binding"], string>> = {
  none: "names no content",
  tag: "the registry decides at that moment",
  given: "is not the digest that the build put out",
  literal: "is a digest that somebody wrote down",
  produced: "is the digest that the build put out",
};
