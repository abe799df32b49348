import { describe, expect, test } from "vitest";
import type { ClusterResource } from "./cluster.ts";
import type { ClusterWriter, WrittenObject } from "./cluster-writer.ts";

const MAPS: ClusterResource = { group: "", version: "v1", plural: "configmaps" };
const ABSENT: ClusterResource = { group: "absent.example", version: "v1", plural: "things" };
const FOREVER: AbortSignal = new AbortController().signal;
const LABELS = { "app.kubernetes.io/managed-by": "test", kind: "report" };

type ConfigMap = WrittenObject & { readonly data: Readonly<Record<string, string>> };

function mapOf(name: string, value = "1", labels: Readonly<Record<string, string>> = LABELS): ConfigMap {
  const metadata = { name, namespace: "payments", labels };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value } };
}

async function dataOf(writer: ClusterWriter): Promise<readonly unknown[]> {
  return ((await writer.labelled(MAPS, LABELS, FOREVER)) ?? []).map(({ data }) => data);
}

/** What every ClusterWriter does, in a cluster with the namespace `payments` and no ConfigMaps of these labels. */
export function clusterWriterContract(name: string, make: () => Promise<ClusterWriter>): void {
  describe(`ClusterWriter: ${name}`, () => {
    test("applies an object that is not there, and one that is", async () => {
      const writer = await make();
      expect(await writer.apply(MAPS, mapOf("a"), FOREVER)).toBe("written");
      expect(await writer.apply(MAPS, mapOf("a", "2"), FOREVER)).toBe("written");
      expect(await dataOf(writer)).toEqual([{ value: "2" }]);
    });

    test("creates once, and leaves what is there as it is", async () => {
      const writer = await make();
      expect(await writer.create(MAPS, mapOf("b"), FOREVER)).toBe("created");
      expect(await writer.create(MAPS, mapOf("b", "2"), FOREVER)).toBe("exists");
      expect(await dataOf(writer)).toEqual([{ value: "1" }]);
    });

    test("lists what carries all labels, and nothing else", async () => {
      const writer = await make();
      await writer.apply(MAPS, mapOf("c"), FOREVER);
      await writer.apply(MAPS, mapOf("other", "other", { kind: "report" }), FOREVER);
      expect(await dataOf(writer)).toEqual([{ value: "1" }]);
    });

    test("removes, also what is not there", async () => {
      const writer = await make();
      await writer.apply(MAPS, mapOf("d"), FOREVER);
      const key = { namespace: "payments", name: "d" };
      await writer.remove(MAPS, key, FOREVER);
      await writer.remove(MAPS, key, FOREVER);
      expect(await dataOf(writer)).toEqual([]);
    });

    test("says when a resource is not served", async () => {
      const writer = await make();
      expect(await writer.labelled(ABSENT, LABELS, FOREVER)).toBeUndefined();
      expect(await writer.apply(ABSENT, mapOf("e"), FOREVER)).toBe("absent");
      expect(await writer.create(ABSENT, mapOf("e"), FOREVER)).toBe("absent");
      await writer.remove(ABSENT, { namespace: "payments", name: "e" }, FOREVER);
    });
  });
}
