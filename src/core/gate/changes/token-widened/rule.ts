import type { FactToken } from "../../facts/fact.ts";
import {
  loosened,
  signedPairs,
  whereOf,
  type ChangeRule,
  type FactPair,
  type PipelineGateConfig,
  type Raised,
} from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const tokenWidened: ChangeRule = {
  id: "token-widened",
  code: "GS007",
  source: ["Kubernetes API, ServiceAccountTokenProjection", "change-gate chapter §5, GS007"],
  check: (change) =>
    signedPairs(change).flatMap(({ pair, before, after }) =>
      before.tokens.length === 0
        ? []
        : after.tokens.flatMap((token) => checkToken(token, before.tokens, { pair, config: change.config })),
    ),
};

type Around = { readonly pair: FactPair; readonly config: PipelineGateConfig };

function checkToken(token: FactToken, old: readonly FactToken[], { pair, config }: Around): readonly Raised[] {
  const raise = (says: string, witness: Raised["witness"]): Raised =>
    loosened({ pair, says, witness, where: whereOf("head", token.node) });
  const isNew = !old.some(({ audience }) => audience === token.audience);
  const lifetimeMax = Math.max(config.tokenSecondsMax, ...old.map(({ lifetimeSeconds }) => lifetimeSeconds));
  const holders = new Set(old.flatMap((one) => one.holders));
  const added = token.holders.filter((name) => !holders.has(name));
  const copied = token.copies.filter((name) => !old.some(({ copies }) => copies.includes(name)));
  const named = token.audience === "" ? "(API server default)" : token.audience;
  return [
    ...(isNew ? [raise(`the signing step gets a token for ${named}`, { audience: named })] : []),
    ...(token.lifetimeSeconds > lifetimeMax
      ? [
          raise(`its token lasts ${token.lifetimeSeconds} seconds instead of ${lifetimeMax}`, {
            expirationSeconds: token.lifetimeSeconds,
          }),
        ]
      : []),
    ...(copied.length > 0
      ? [raise(`its token is taken elsewhere by step ${copied.join(", ")}`, { copies: [...copied] })]
      : []),
    ...(added.length > 0 && token.holders.length > Math.max(...old.map((one) => one.holders.length))
      ? [raise(`its token is mounted in step ${added.join(", ")} too`, { holders: [...token.holders] })]
      : []),
  ];
}
