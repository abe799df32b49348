import type { DefinitionFile } from "../../pipelines/definitions/definition-file.ts";
import { readDefinitions } from "../../pipelines/definitions/read-definitions.ts";
import type { ReadScript } from "../calls.ts";
import { makeScene, type LintKnowledge } from "../scene.ts";
import { signingNamespaces } from "../signing-namespaces.ts";
import { stepGrants, workspaceGrants } from "./container-grants.ts";
import type { Grant, GrantVerdict } from "./grant.ts";
import { audienceGrants, nodeGrants, subjectGrants } from "./subject-grants.ts";

/** Who can obtain the audience of Fulcio, as far as the files say. */
export type Obtainers = {
  /** Gravest first. */
  readonly grants: readonly Grant[];
  /** Namespaces in which something signs and somebody else may make pods: there, an account is no wall. */
  readonly openNamespaces: readonly string[];
  /** What could not be read, or leads out of the files. */
  readonly gaps: readonly string[];
};

const GRAVITY: readonly GrantVerdict[] = ["unsafe", "unknown", "weak", "safe"];

/** Computes every grant (pipelines chapter §5). Never throws. */
export function findObtainers(files: readonly DefinitionFile[], knowledge: LintKnowledge, read: ReadScript): Obtainers {
  const set = readDefinitions(files.flatMap(({ documents }) => documents));
  const scene = makeScene(set, knowledge, read);
  const subjects = subjectGrants(scene);
  const signing = signingNamespaces(scene);
  const open = new Set(
    subjects
      .filter(({ via, verdict }) => via === "G5" && verdict === "unsafe")
      .flatMap(({ namespace }) => (namespace === "*" ? [...signing] : [namespace])),
  );
  const hasRoles = set.objects.some(({ group }) => group === "rbac.authorization.k8s.io");
  const all = [
    ...stepGrants(scene, (namespace) => (hasRoles ? open.has(namespace) : undefined)),
    ...workspaceGrants(scene),
    ...audienceGrants(scene),
    ...subjects,
    ...nodeGrants(scene),
  ];
  const opaque = set.pipelines.flatMap(({ tasks }) => tasks.filter(({ task, reference }) => !task && reference)).length;
  const unread = files.flatMap(({ problems }) => problems.filter(({ code }) => code === "unreadable"));
  return {
    grants: all.toSorted((a, b) => GRAVITY.indexOf(a.verdict) - GRAVITY.indexOf(b.verdict)),
    openNamespaces: [...open].toSorted(),
    gaps: [
      ...unread.map(({ at, message }) => `${at.file}:${at.line} could not be read: ${message}`),
      ...(opaque > 0 ? [`${opaque} task${opaque === 1 ? "" : "s"} of pipelines lead out of these files`] : []),
      ...(hasRoles ? [] : ["no roles or bindings are in these files: who may make pods or tokens is not known"]),
    ],
  };
}
