/** One `$(…)` that Tekton replaces, wherever it stands in a text. */
export type TektonVariable = {
  readonly offset: number;
  readonly end: number;
  /** Without `$(` and `)`. */
  readonly expression: string;
  /** The names of the expression, brackets and quotes taken off: `params`, `image`. */
  readonly names: readonly [string, ...string[]];
};

const ROOTS =
  "params|context|workspaces|results|steps|step|tasks|finally|artifacts|credentials|outputs|inputs|tt|body|header|extensions";
const VARIABLE = new RegExp(`\\$\\(((?:${ROOTS})(?:[.[][^()\\n]{0,500})?)\\)`, "g");
const NAME = /\[\s*(?:"([^"]*)"|'([^']*)'|([^\]]*))\s*\]|\.?([^.[\]]+)/g;

/**
 * Finds the variables that Tekton and Tekton Triggers replace (Tekton `docs/variables.md`). There is no escape: the inner
 * part of `$$(params.x)` is replaced too, and so is what stands in quotes and comments.
 */
export function scanVariables(text: string): readonly TektonVariable[] {
  if (!text.includes("$(")) return [];
  return [...text.matchAll(VARIABLE)].map((match) => {
    const expression = match[1] ?? "";
    const [root = "", ...rest] = [...expression.matchAll(NAME)].map(
      ([, double, single, bare, dotted]) => double ?? single ?? bare ?? dotted ?? "",
    );
    return { offset: match.index, end: match.index + match[0].length, expression, names: [root, ...rest] };
  });
}

/** One `{{ … }}` that Pipelines-as-Code replaces before the text is YAML. */
export type EventExpression = { readonly offset: number; readonly end: number; readonly expression: string };

const EVENT = /\{\{([^{}\n]{1,500})\}\}/g;

export function scanEventExpressions(text: string): readonly EventExpression[] {
  if (!text.includes("{{")) return [];
  return [...text.matchAll(EVENT)].map((match) => ({
    offset: match.index,
    end: match.index + match[0].length,
    expression: (match[1] ?? "").trim(),
  }));
}

/** What the sender of an event cannot choose freely: fixed by the repository, a number, or a word of a fixed list. */
const SET_BY_REPOSITORY: ReadonlySet<string> = new Set([
  "revision",
  "repo_url",
  "repo_owner",
  "repo_name",
  "target_branch",
  "target_namespace",
  "event",
  "event_type",
  "git_auth_secret",
  "pull_request_number",
]);

const SET_BY_SENDER =
  /^(?:body\b|headers?\b|cel:|files\.|(?:source_branch|sender|trigger_comment|pull_request_labels|git_tag|source_url)$)/;

/**
 * Whose words an event expression carries. `event`: whoever sends the event. `repository`: the repository's owner.
 * `custom`: a parameter of the Repository that is not in sight. `other`: not a variable of Pipelines-as-Code.
 */
export function originOfEvent(expression: string): "event" | "repository" | "custom" | "other" {
  if (SET_BY_SENDER.test(expression)) return "event";
  if (SET_BY_REPOSITORY.has(expression)) return "repository";
  return /^[a-z_][\w-]*$/i.test(expression) ? "custom" : "other";
}
