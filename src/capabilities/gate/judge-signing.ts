import { toRevision, type Revision } from "../../core/gate/facts/revision.ts";
import type { IdentityRegister } from "../../core/gate/identity/register.ts";
import { managedAccounts } from "../../core/gate/identity/signers.ts";
import { judgePipelines } from "../../core/gate/judge-pipelines.ts";
import type { GatePart } from "../../core/gate/report.ts";
import type { ReadScript } from "../../core/lint/calls.ts";
import { DEFAULT_KNOWLEDGE } from "../../core/lint/scene.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import type { UnixMs } from "../../core/time.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { GateSide } from "./gather-side.ts";

/** What judging pipelines needs beside the change. */
export type PipelineJudging = {
  readonly readScript: ReadScript;
  /** What references lead to, by their text. */
  readonly bundles: ReadonlyMap<string, readonly DefinitionFile[]>;
};

/** Above it a signing token lives longer than a signature needs (change-gate chapter §5, GS007). */
const TOKEN_SECONDS_MAX = 600;

/** Judges what a change does to the signing of pipelines. */
export function judgeSigning(
  { config, base, head }: GatheredChange,
  register: IdentityRegister | undefined,
  judging: PipelineJudging & { readonly now: UnixMs },
): GatePart {
  const managed = register && managedAccounts(register, judging.now);
  return judgePipelines({
    ...(managed && { accounts: { isManaged: (identity) => managed.has(identity) } }),
    before: revisionOf(base, judging),
    after: revisionOf(head, judging),
    config: {
      mustSign: config.mustSign,
      signerImages: config.signerImages,
      tokenSecondsMax: TOKEN_SECONDS_MAX,
      strict: config.strict,
    },
  });
}

/** One side as pipelines are read from it. */
export function revisionOf({ manifests }: GateSide, { readScript, bundles }: PipelineJudging): Revision {
  return toRevision({ files: manifests, bundles, knowledge: DEFAULT_KNOWLEDGE, read: readScript });
}
