import { writeFile } from "node:fs/promises";
import { startApiServer, type ApiServer } from "../../src/adapters/virtual/cluster/api-server.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { issueAuthority } from "../../src/app/webhook/issue-certificates.ts";
import type { StepWorld } from "./step-world.ts";
import { RUN, tektonRun } from "./tekton-run.ts";

/** The cluster in which the step runs, as far as provenance asks for it, with what the Task mounts of it. */
export type StepCluster = {
  readonly server: ApiServer;
  /** The arguments that the Task adds for provenance. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Puts a run there that has built this digest. */
  readonly putRun: (digest: string, change?: (objects: ReturnType<typeof tektonRun>) => void) => void;
  readonly close: () => Promise<void>;
};

export const BUILDER_ID = "https://ci.example/pipelines";

/** Starts it, and has the placement ask for provenance. */
export async function openStepCluster(world: StepWorld): Promise<StepCluster> {
  const server = await startApiServer({ now: () => systemClock.now() });
  await Promise.all([
    writeFile(world.at("api-token"), server.readerToken),
    writeFile(world.at("api-ca.pem"), issueAuthority(systemClock.now()).certificate),
    world.writePlacement({ provenance: { builderId: BUILDER_ID, apiServer: server.url } }),
  ]);
  const put = (plural: string, object: never): void => {
    const resource = server.resource(plural);
    const key = { namespace: RUN.namespace, name: object["metadata"]["name"] };
    server.objects.remove(resource, key);
    server.objects.create(resource, object);
    server.objects.replaceStatus(resource, key, object["status"]);
  };
  return {
    server,
    arguments: {
      "task-run": RUN.sign,
      "api-token-file": world.at("api-token"),
      "api-ca-file": world.at("api-ca.pem"),
    },
    putRun: (digest, change) => {
      const objects = tektonRun(digest);
      change?.(objects);
      put("pipelineruns", objects.pipelineRun as never);
      for (const run of [objects.build, objects.sign]) put("taskruns", run as never);
    },
    close: () => server.close(),
  };
}
