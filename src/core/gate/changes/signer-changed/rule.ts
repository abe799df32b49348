import { signedPairs, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signerChanged: ChangeRule = {
  id: "signer-changed",
  code: "GS015",
  source: ["change-gate chapter §5, GS015"],
  check: (change) =>
    signedPairs(change).flatMap(({ pair, before, after }) => {
      const known = new Set(pair.before?.signatures.map(({ identity }) => identity));
      const isOpen = [before, after].some(({ identity }) => identity.endsWith("/?"));
      if (isOpen || known.has(after.identity)) return [];
      const isManaged = change.accounts?.isManaged(after.identity) === true;
      return [
        {
          pair,
          level: isManaged ? ("note" as const) : ("error" as const),
          says: `${before.identity} signed it, and now ${after.identity} does${isManaged ? ", which the register has; policies may still accept the old one" : ""}`,
          witness: { identity: after.identity },
          where: whereOf("head", after.node),
        },
      ];
    }),
};
