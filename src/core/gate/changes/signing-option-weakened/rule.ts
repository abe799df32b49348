import { loosened, signedPairs, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signingOptionWeakened: ChangeRule = {
  id: "signing-option-weakened",
  code: "GS011",
  source: ["sigstore/cosign doc/cosign_sign.md", "change-gate chapter §5, GS011"],
  check: (change) =>
    signedPairs(change).flatMap(({ pair, before, after }) => {
      const added = after.weakenings.filter((option) => !before.weakenings.includes(option));
      const services = before.weakenings.filter((option) => SERVICE.test(option) && !after.weakenings.includes(option));
      const isMoved = services.length > 0 && before.mechanism === after.mechanism;
      const isTimeless = before.hasTimestamp && !after.hasTimestamp;
      const options = [
        ...added,
        ...(isMoved ? services.map((option) => `no ${option}`) : []),
        ...(isTimeless ? ["no timestamp authority"] : []),
      ];
      if (options.length === 0) return [];
      return [
        loosened({
          pair,
          says: `signing is called with ${options.join(", ")}`,
          witness: { options },
          where: whereOf("head", after.node),
        }),
      ];
    }),
};

/** Without them, another service is asked. */
const SERVICE = /^--(?:fulcio|rekor)-url=|^COSIGN_(?:FULCIO|REKOR)_URL=/;
