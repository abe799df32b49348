import { describe, expect, test } from "vitest";
import { RUN, tektonRun } from "../../../test/setup/tekton-run.ts";
import { parseDigestRef, type DigestRef } from "../digest.ts";
import { readPipelineRun } from "./pipeline-run.ts";
import { judgeRunProvenance, type RunEvidence } from "./run-provenance.ts";
import { readTaskRun } from "./task-run.ts";

const DIGEST = parseDigestRef(`sha256:${"5".repeat(64)}`) as DigestRef;
type Objects = ReturnType<typeof tektonRun>;

function evidence(change: (objects: Objects) => void = () => undefined, more: Partial<RunEvidence> = {}): RunEvidence {
  const objects = tektonRun(DIGEST);
  change(objects);
  const { pipelineRun, build, sign } = objects;
  return {
    digest: DIGEST,
    claim: { namespace: RUN.namespace, serviceAccount: "builder", pod: { name: RUN.pod, uid: "p" } },
    signing: readTaskRun(sign),
    pipelineRun: readPipelineRun(pipelineRun),
    pipelineRunSpec: pipelineRun.spec,
    siblings: [readTaskRun(build), readTaskRun(sign)],
    builderId: "https://ci.example/pipelines",
    ...more,
  };
}

describe("judgeRunProvenance", () => {
  test("says which run built the image, from what, and who says so", () => {
    expect(judgeRunProvenance(evidence())).toEqual({
      ok: true,
      value: {
        buildDefinition: {
          buildType: "https://countersign.dev/build-types/tekton-pipelinerun/v1",
          externalParameters: {
            runSpec: { pipelineRef: { name: "payments" }, params: [{ name: "revision", value: "a".repeat(40) }] },
          },
          internalParameters: { tasks: [{ name: RUN.build, pipelineTask: "build" }] },
          resolvedDependencies: [
            {
              name: `task ${RUN.build}`,
              uri: "registry.example/tasks/buildah",
              digest: { sha256: "3".repeat(64) },
            },
            {
              name: `step ${RUN.build} push`,
              uri: "oci://registry.example/buildah",
              digest: { sha256: "4".repeat(64) },
            },
          ],
        },
        runDetails: {
          builder: { id: "https://ci.example/pipelines" },
          metadata: { invocationId: RUN.pipelineRun.uid, startedOn: "2026-11-22T11:58:00Z" },
        },
      },
    });
  });

  test("says the same whatever else has finished in the meantime", () => {
    const later = evidence(({ pipelineRun }) => {
      pipelineRun.status.childReferences.push({ kind: "TaskRun", name: "payments-7-scan" });
      pipelineRun.status.completionTime = "2026-11-22T12:30:00Z";
    });
    expect(judgeRunProvenance(later)).toEqual(judgeRunProvenance(evidence()));
  });

  test.each<[string, string, (objects: Objects) => void]>([
    ["a TaskRun of another pod", "other-run", ({ sign }) => (sign.status.podName = "another-pod")],
    ["a TaskRun of another account", "other-run", ({ sign }) => (sign.spec.serviceAccountName = "another")],
    ["a TaskRun of another namespace", "other-run", ({ sign }) => (sign.metadata.namespace = "another")],
    ["a TaskRun of no PipelineRun", "other-run", ({ sign }) => (sign.metadata.ownerReferences = [])],
    [
      "a TaskRun that claims a PipelineRun of that name",
      "other-run",
      ({ sign }) => (sign.metadata.ownerReferences[0].uid = "9"),
    ],
    [
      "a PipelineRun that does not list it",
      "other-run",
      ({ pipelineRun }) => pipelineRun.status.childReferences.splice(1),
    ],
    ["a PipelineRun of another namespace", "other-run", ({ pipelineRun }) => (pipelineRun.metadata.namespace = "x")],
    [
      "a build of another image",
      "not-built",
      ({ build }) => (build.status.results[0].value = `sha256:${"6".repeat(64)}`),
    ],
    ["a build that failed", "not-built", ({ build }) => (build.status.conditions[0].status = "False")],
    ["a build that goes on", "not-built", ({ build }) => (build.status.conditions[0].status = "Unknown")],
    ["a build of another run", "not-built", ({ build }) => (build.metadata.ownerReferences[0].uid = "9")],
    [
      "a build that the run does not list",
      "not-built",
      ({ pipelineRun }) => pipelineRun.status.childReferences.shift(),
    ],
    [
      "no build but an earlier signing",
      "not-built",
      ({ build }) => build.status.results.push({ name: "LOG_ENTRIES", value: "[]" }),
    ],
    [
      "parameters beyond any bound",
      "too-large",
      ({ pipelineRun }) => (pipelineRun.spec.params[0].value = "x".repeat(300_000)),
    ],
  ])("refuses %s", (_, reason, change) => {
    expect(judgeRunProvenance(evidence(change))).toMatchObject({ ok: false, code: `provenance-${reason}` });
  });

  test("refuses a token that is bound to no pod", () => {
    const claim = { namespace: RUN.namespace, serviceAccount: "builder" };
    expect(judgeRunProvenance(evidence(undefined, { claim }))).toMatchObject({ code: "provenance-other-run" });
  });

  test("does not take the signing task itself for the build", () => {
    const only = evidence(({ sign }) => {
      sign.status.results = [{ name: "IMAGE_DIGEST", value: DIGEST }];
      sign.status.conditions[0].status = "True";
    });
    const siblings = [only.signing];
    expect(judgeRunProvenance({ ...only, siblings })).toMatchObject({ code: "provenance-not-built" });
  });
});
