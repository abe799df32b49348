import {
  flagAt,
  itemsAt,
  nodeAt,
  placeOf,
  scalarAt,
  scalarsAt,
  textAt,
  type MapNode,
} from "../../../pipelines/definitions/source-node.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";
import type { StepFacts } from "../../scene.ts";

/** Documented and tested by `rule.md` beside this file. */
export const securityContext: LintRule = {
  id: "security-context",
  code: "ISO-09",
  severity: "medium",
  source: ["Kubernetes, Pod Security Standards: Restricted", "pipelines chapter §3"],
  reach: "step",
  check: ({ signingSteps }) => signingSteps.filter(({ step }) => step.origin !== "opaque").flatMap(checkStep),
};

type Context = readonly MapNode[];

const NEEDED: readonly (readonly [string, (context: Context) => boolean])[] = [
  ["allowPrivilegeEscalation: false", (context) => flagOf(context, "allowPrivilegeEscalation") === false],
  ["readOnlyRootFilesystem: true", (context) => flagOf(context, "readOnlyRootFilesystem") === true],
  ["runAsNonRoot: true", (context) => flagOf(context, "runAsNonRoot") === true],
  ["capabilities: { drop: [ALL] }", (context) => dropsAll(context)],
  ["seccompProfile: { type: RuntimeDefault }", (context) => hasSeccomp(context)],
];

function checkStep({ step }: StepFacts): readonly RuleFinding[] {
  const context = step.securityContext;
  const missing = NEEDED.filter(([, holds]) => !holds(context)).map(([name]) => name);
  const worse = [
    ...(flagOf(context, "privileged") === true ? ["privileged"] : []),
    ...(context.some((map) => scalarAt(map, "runAsUser")?.value === 0) ? ["runAsUser: 0"] : []),
  ];
  if (missing.length + worse.length === 0) return [];
  const [own] = context;
  const message =
    worse.length > 0
      ? `Step ${step.name} signs with ${worse.join(" and ")}: it can reach past its container.`
      : `Step ${step.name} signs without ${missing.length === NEEDED.length ? "a securityContext" : missing.join(", ")}: it can do more than signing needs.`;
  const node = own ?? step.node;
  return [
    found(node, {
      at: placeOf(node),
      message,
      fix: `Set ${(missing.length > 0 ? missing : NEEDED.map(([name]) => name)).map((name) => `\`${name}\``).join(", ")}.`,
    }),
  ];
}

/** The step's own word before that of the stepTemplate. */
function flagOf(context: Context, name: string): boolean | undefined {
  return context.map((map) => flagAt(map, name)).find((flag) => flag !== undefined);
}

function dropsAll(context: Context): boolean {
  const own = context.find((map) => nodeAt(map, "capabilities") !== undefined);
  return (
    scalarsAt(own, "capabilities", "drop").some(({ text }) => text === "ALL") &&
    itemsAt(own, "capabilities", "add").length === 0
  );
}

function hasSeccomp(context: Context): boolean {
  const own = context.find((map) => nodeAt(map, "seccompProfile") !== undefined);
  return ["RuntimeDefault", "Localhost"].includes(textAt(own, "seccompProfile", "type") ?? "");
}
