import { describe, expect, test } from "vitest";
import type { ClusterOperator, OperatedObject } from "./cluster-operator.ts";
import type { ClusterWriter } from "./cluster-writer.ts";

const MAPS = { group: "", version: "v1", plural: "configmaps" };
const AT: OperatedObject = { resource: MAPS, namespace: "payments", name: "operated" };
const FOREVER: AbortSignal = new AbortController().signal;

type MakeOperator = () => Promise<{
  readonly operator: ClusterOperator;
  readonly writer: ClusterWriter;
  readonly user: string;
}>;

/** The object anew, as it is operated. */
async function newMap(make: MakeOperator): Promise<ClusterOperator> {
  const { operator, writer } = await make();
  await writer.remove(MAPS, AT, FOREVER);
  const metadata = { name: AT.name, namespace: AT.namespace };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1", b: "2" } };
  await writer.create(MAPS, object, FOREVER);
  return operator;
}

/** What every ClusterOperator does, in a cluster with the namespace `payments`; `writer` makes the object that is operated. */
export function clusterOperatorContract(name: string, make: MakeOperator): void {
  describe(`ClusterOperator: ${name}`, () => {
    test("is whom the API server takes it for", async () => {
      const { operator, user } = await make();
      expect(await operator.whoAmI(FOREVER)).toBe(user);
    });

    test("changes members, takes out members, and leaves all others", async () => {
      const operator = await newMap(make);
      expect(await operator.merge(AT, { data: { a: null, c: "3" } }, FOREVER)).toEqual({ kind: "done" });
      expect((await operator.read(AT, FOREVER))?.["data"]).toEqual({ b: "2", c: "3" });
    });

    test("changes only what was read, where it says what that was", async () => {
      const operator = await newMap(make);
      const read = await operator.read(AT, FOREVER);
      const version = { metadata: { resourceVersion: String(read?.metadata["resourceVersion"]) } };
      expect(await operator.merge(AT, { ...version, data: { a: "2" } }, FOREVER)).toEqual({ kind: "done" });
      expect(await operator.merge(AT, { ...version, data: { a: "3" } }, FOREVER)).toEqual({ kind: "conflict" });
      expect((await operator.read(AT, FOREVER))?.["data"]).toEqual({ a: "2", b: "2" });
    });

    test("says of what is not there that it is not", async () => {
      const { operator } = await make();
      const absent = { ...AT, name: "absent" };
      expect(await operator.read(absent, FOREVER)).toBeUndefined();
      expect(await operator.merge(absent, { data: { a: "1" } }, FOREVER)).toEqual({ kind: "absent" });
    });
  });
}
