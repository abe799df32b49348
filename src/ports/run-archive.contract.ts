import { describe, expect, test } from "vitest";
import type { UnixMs } from "../core/time.ts";
import type { ArchivedRun, RunArchive } from "./run-archive.ts";

/** What the test puts into the archive: a run of a kind, begun at a time. */
export type ArchiveControl = {
  readonly put: (run: {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly at: UnixMs;
  }) => void;
};

const T0 = 1_790_000_000_000;
const at = (minutes: number): UnixMs => (T0 + minutes * 60_000) as UnixMs;
const never: AbortSignal = new AbortController().signal;

/** What every RunArchive does. */
export function runArchiveContract(
  name: string,
  make: () => Promise<{ readonly archive: RunArchive; readonly control: ArchiveControl }>,
): void {
  describe(`RunArchive: ${name}`, () => {
    test("gives the runs of a namespace since a time, newest first, over more than one page", async () => {
      const { archive, control } = await make();
      for (let i = 0; i < 250; i++) control.put({ kind: "TaskRun", namespace: "ci", name: `run-${i}`, at: at(i) });
      control.put({ kind: "TaskRun", namespace: "other", name: "foreign", at: at(300) });
      const names = (await collect(archive, "ci", at(100))).map(({ object }) => object.metadata["name"]);
      expect(names).toEqual(Array.from({ length: 150 }, (_, i) => `run-${249 - i}`));
    });

    test("gives whole objects of both kinds, and no other kind", async () => {
      const { archive, control } = await make();
      for (const kind of ["TaskRun", "PipelineRun", "Log"])
        control.put({ kind, namespace: "ci", name: kind.toLowerCase(), at: at(1) });
      const runs = await collect(archive, "ci", at(0));
      expect(runs.map(({ object }) => object.kind).toSorted()).toEqual(["PipelineRun", "TaskRun"]);
      expect(runs[0]).toMatchObject({
        object: { apiVersion: "tekton.dev/v1", metadata: { namespace: "ci" } },
        updatedAt: at(1),
      });
    });

    test("an empty namespace is empty", async () => {
      expect(await collect((await make()).archive, "none", at(0))).toEqual([]);
    });
  });
}

async function collect(archive: RunArchive, namespace: string, since: UnixMs): Promise<readonly ArchivedRun[]> {
  const found: ArchivedRun[] = [];
  for await (const run of archive.runs({ namespace, since }, never)) found.push(run);
  return found;
}
