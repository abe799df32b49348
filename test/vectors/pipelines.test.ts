import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseDigestRef, type DigestRef } from "../../src/core/digest.ts";
import { imageFieldsOf } from "../../src/core/image/image-fields.ts";
import { parseImageId } from "../../src/core/image/image-id.ts";
import { matchInSet, type ImageSet } from "../../src/core/image/image-set.ts";
import { parseImageReference } from "../../src/core/image/reference.ts";
import { readTokenIssue } from "../../src/core/pipelines/audit-event.ts";
import { readPipelineRun } from "../../src/core/pipelines/pipeline-run.ts";
import { readTaskRun } from "../../src/core/pipelines/task-run.ts";

const fixtures = process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures";
const json = (path: string) => JSON.parse(readFileSync(`${fixtures}/${path}`, "utf8"));

describe.skipIf(!existsSync(`${fixtures}/pipelines`))("pipeline fixtures", () => {
  const forms = existsSync(`${fixtures}/pipelines`) ? json("pipelines/made/imageid-forms.json") : { cases: [] };

  test.each(forms.cases as { runtime: string; imageID: string; expect: string }[])(
    "imageID of $runtime: $expect",
    ({ imageID, expect: expected }) => {
      const id = parseImageId(imageID);
      const match = id.kind === "manifest" || id.kind === "config" ? matchInSet(resolved(), id.digest) : undefined;
      expect(id.kind === "none" ? "not-running" : (match ?? "no-match")).toBe(expected);
    },
  );

  test("the signing TaskRun after a retry reads without a note", () => {
    const run = readTaskRun(json("pipelines/made/taskrun-sign.json"));
    expect(run.notes).toEqual([]);
    expect(run.podNames).toEqual(["payments-7x2lq-sign-pod-retry1", "payments-7x2lq-sign-pod"]);
    expect(run.receipt?.entries).toHaveLength(1);
    expect(run.receipt?.credentialId).toBe("JTI=6f0b2c1e-6b0e-4f6e-9a53-6f3b8a6d2c11");
  });

  test("recorded runs of Chains read, with their artifacts", () => {
    expect(readTaskRun(json("pipelines/chains/v2alpha4-taskrun1.json")).artifacts).toHaveLength(1);
    expect(readPipelineRun(json("pipelines/chains/v1-pipelinerun-childrefs.json")).children.length).toBeGreaterThan(0);
  });

  test("both levels of the audit log name the credential; only one names the pod", () => {
    const metadata = readTokenIssue(json("pipelines/made/audit-tokenrequest-metadata.json"));
    const request = readTokenIssue(json("pipelines/made/audit-tokenrequest-request.json"));
    expect(metadata?.credentialId).toBe(request?.credentialId);
    expect([metadata?.bound, request?.bound?.kind]).toEqual([undefined, "Pod"]);
  });

  function resolved(): ImageSet {
    const children = Object.entries(forms.resolved.children as Record<string, { manifest: string; config: string }>);
    return {
      subject: digest(forms.resolved.index),
      isIndex: true,
      children: children.map(([platform, child]) => ({
        platform,
        manifest: digest(child.manifest),
        config: digest(child.config),
      })),
    };
  }
});

describe.skipIf(!existsSync(`${fixtures}/admission`))("admission fixtures", () => {
  test("every reference reads or is refused as listed", () => {
    const { valid, invalid } = json("admission/references.json");
    const read = valid.map((item: { in: string }) => {
      const found = parseImageReference(item.in);
      return found.ok
        ? {
            in: item.in,
            name: found.value.repository,
            tag: found.value.tag ?? null,
            digest: found.value.digest ?? found.value.otherDigest ?? null,
          }
        : item.in;
    });
    expect(read).toEqual(valid);
    const accepted = invalid.filter((item: { in: string }) => parseImageReference(item.in).ok);
    expect(accepted).toEqual([]);
  });

  test("every image field of every kind is found", () => {
    const listed = json("admission/admissionreview/expected-images.json");
    const missed = listed.flatMap(({ file, images }: { file: string; images: [string, string][] }) => {
      const found = imageFieldsOf(json(`admission/admissionreview/${file}`).request.object);
      // An update lists what changed only; a workload holds more.
      return images.filter(([path, image]) => !found.some((field) => field.path === path && field.image === image));
    });
    expect(missed).toEqual([]);
  });
});

function digest(text: string): DigestRef {
  return parseDigestRef(text) as DigestRef;
}
