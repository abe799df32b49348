import { writeLayout } from "../oci/layout.ts";
import { renderTar } from "../oci/tar.ts";
import type { JsonValue } from "../../output/json-value.ts";
import { TASK_NAME } from "./options.ts";

/**
 * Puts the Task into a Tekton bundle, as an OCI layout: one layer for one object (Tekton, "Tekton Bundle Contract v0.1"). The
 * same Task gives the same bytes, so its digest is known before it is pushed.
 */
export function writeTaskBundle(folder: string, task: JsonValue): string {
  const content = new TextEncoder().encode(JSON.stringify(task));
  return writeLayout(folder, {
    layers: [
      {
        tar: renderTar([{ path: `${TASK_NAME}.json`, mode: 0o644, content }]),
        annotations: {
          "dev.tekton.image.name": TASK_NAME,
          "dev.tekton.image.kind": "task",
          "dev.tekton.image.apiVersion": "v1",
        },
      },
    ],
    base: undefined,
    // It holds a document; registries want a platform none the less.
    architecture: "amd64",
    config: {},
    annotations: { "org.opencontainers.image.title": TASK_NAME },
  });
}
