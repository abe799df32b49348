import type { ObjectDefinition } from "../pipelines/definitions/definition.ts";
import { mapAt, scalarAt, type ScalarNode } from "../pipelines/definitions/source-node.ts";

/** Which events of Pipelines-as-Code start a run. */
export type EventAnnotations = {
  readonly node: ScalarNode;
  readonly events: ScalarNode | undefined;
  readonly branches: ScalarNode | undefined;
  /** A CEL expression takes the place of the others. */
  readonly cel: ScalarNode | undefined;
  readonly comment: ScalarNode | undefined;
};

const PREFIX = "pipelinesascode.tekton.dev/";

/** `undefined` for a run that no event starts. */
export function eventAnnotations({ node }: ObjectDefinition): EventAnnotations | undefined {
  const annotations = mapAt(node, "metadata", "annotations");
  const get = (name: string): ScalarNode | undefined => scalarAt(annotations, `${PREFIX}${name}`);
  const [events, branches, cel, comment] = ["on-event", "on-target-branch", "on-cel-expression", "on-comment"].map(get);
  const first = cel ?? events ?? comment;
  return first ? { node: first, events, branches, cel, comment } : undefined;
}

/** Whether a pull request, or a comment on one, starts the run; `undefined` when its expression does not say. */
export function mayBePullRequest({ events, cel, comment }: EventAnnotations): boolean | undefined {
  if (cel) {
    if (/pull_request|issue_comment/.test(cel.text)) return true;
    return /event\w*\s*==\s*["']push["']/.test(cel.text) && !cel.text.includes("||") ? false : undefined;
  }
  return comment !== undefined || /pull_request/.test(events?.text ?? "");
}
