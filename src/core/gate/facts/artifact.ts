import { scanVariables } from "../../pipelines/definitions/variables.ts";

/**
 * The destination of an artifact without tag and digest: what stays the same however tasks and results are named
 * (change-gate chapter §5). A destination that a parameter says whole is `param:NAME`.
 */
export function toArtifact(destination: string): string {
  const plain = repositoryOf(destination.trim().replace(/^["']|["']$/g, ""));
  const [variable, ...others] = scanVariables(plain);
  if (variable && others.length === 0 && variable.offset === 0 && variable.end === plain.length) {
    const [root, ...names] = variable.names;
    return root === "params" ? `param:${names.join(".")}` : `value:${variable.expression}`;
  }
  return plain;
}

/** Cuts `:tag` and `@digest` off, which may have variables in them. */
function repositoryOf(text: string): string {
  const masked = text.replaceAll(/\$\([^()]*\)|\{\{[^{}]*\}\}|\$\{[^{}]*\}/g, (variable) =>
    "\u0000".repeat(variable.length),
  );
  const at = masked.indexOf("@");
  const end = at < 0 ? masked.length : at;
  const slash = masked.lastIndexOf("/", end);
  const colon = masked.indexOf(":", slash + 1);
  return text.slice(0, colon >= 0 && colon < end ? colon : end);
}

/** What follows `@`; `undefined` when the reference has none. */
export function digestPartOf(reference: string): string | undefined {
  const masked = reference.replaceAll(/\$\([^()]*\)|\{\{[^{}]*\}\}|\$\{[^{}]*\}/g, (variable) =>
    "\u0000".repeat(variable.length),
  );
  const at = masked.indexOf("@");
  return at < 0 ? undefined : reference.slice(at + 1);
}

/** The literal beginning of a destination, and whether there is anything after it. */
export function prefixOf(artifact: string): { readonly text: string; readonly isWhole: boolean } {
  if (/^(?:param|value):/.test(artifact)) return { text: "", isWhole: false };
  const first = /\$[({A-Za-z_]|\{\{/.exec(artifact)?.index;
  return first === undefined ? { text: artifact, isWhole: true } : { text: artifact.slice(0, first), isWhole: false };
}
