import { loosened, signedPairs, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const preconditionLost: ChangeRule = {
  id: "precondition-lost",
  code: "GS017",
  source: ["change-gate chapter §5, GS017", "tektoncd/pipeline docs/pipelines.md, runAfter and finally"],
  check: (change) =>
    signedPairs(change).flatMap(({ pair, before, after }) =>
      before.guards.flatMap((guard) => {
        const is =
          after.guards.find(({ task }) => task === guard.task) ??
          after.guards.find(({ content }) => content !== "" && content === guard.content);
        if (is && (is.isSure || !guard.isSure)) return [];
        return [
          loosened({
            pair,
            says: is
              ? `signing waited for task ${guard.task}, which may be left out now`
              : `signing waited for task ${guard.task}, and no longer does`,
            witness: { guardLost: guard.task },
            where: whereOf("head", after.node),
          }),
        ];
      }),
    ),
};
