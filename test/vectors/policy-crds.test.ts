import fc from "fast-check";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { EXPORTS } from "../../src/core/policy/exports.ts";
import { isLooser } from "../../src/core/policy/exports/engine.ts";
import { policies } from "../setup/exchange-policies.ts";
import { EXCHANGE } from "../setup/exchange-world.ts";
import { schemaProblems, type Schema } from "../setup/structural-schema.ts";

/** CustomResourceDefinitions of the engines, as their projects publish them; any file names. */
const CRDS =
  process.env["COUNTERSIGN_PEER_CRDS"] ??
  join(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "admission/peers/crds");

function readSchemas(): ReadonlyMap<string, Schema> {
  const definitions = readdirSync(CRDS).flatMap((file) =>
    // The definitions are the peers' own and large; the strict reader is for policies.
    parseAllDocuments(readFileSync(join(CRDS, file), "utf8")).map((document) => document.toJS()),
  );
  return new Map(
    definitions.flatMap(({ spec }) =>
      spec.versions.map(({ name, schema }: Schema) => [
        `${spec.group}/${name} ${spec.names.kind}`,
        schema.openAPIV3Schema,
      ]),
    ),
  );
}

describe.skipIf(!existsSync(CRDS))("exported objects fit the engines' own definitions", () => {
  const schemas = existsSync(CRDS) ? readSchemas() : new Map<string, Schema>();

  test.each(EXPORTS.filter(({ id }) => id !== "notation" && id !== "containers-policy").map(({ id }) => id))(
    "%s",
    (id) => {
      const seen = new Set<string>();
      fc.assert(
        fc.property(policies, (policy) => {
          const format = EXPORTS.find((one) => one.id === id);
          const offered = format?.export(policy, new Set(), EXCHANGE);
          const accepted = new Set(offered?.losses.filter(isLooser).map((loss) => loss.id));
          for (const { value } of format?.export(policy, accepted, EXCHANGE).documents ?? []) {
            const named = value as { readonly apiVersion: string; readonly kind: string };
            const kind = `${named.apiVersion} ${named.kind}`;
            seen.add(kind);
            expect(schemaProblems(value, schemas.get(kind) ?? { type: "absent" })).toEqual([]);
            expect(schemas.has(kind)).toBe(true);
          }
        }),
      );
      expect([...seen]).not.toEqual([]);
    },
  );

  test("an object with a member too many, or of another type, does not fit", () => {
    const [, schema] = [...schemas].find(([kind]) => kind.endsWith(" ClusterImagePolicy")) ?? [];
    expect(schemaProblems({ spec: { scope: [] } }, schema)).toContain(".spec.scope is unknown");
    expect(schemaProblems({ spec: [] }, schema)).toContain(".spec: no object");
  });
});
