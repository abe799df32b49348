import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** A Kubernetes object as a document shows it. */
export type DocumentedObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }[];
};

/** The objects in the `yaml` blocks of a how-to: what readers apply is what tests apply. */
export function documentedObjects(page: string): readonly DocumentedObject[] {
  const text = readFileSync(join(import.meta.dirname, "../../docs/how-to", page), "utf8");
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, body = ""]) => parse(body) as DocumentedObject,
  );
  return blocks.filter((object) => typeof object.kind === "string");
}
