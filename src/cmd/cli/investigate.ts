import { Argument, type Command } from "commander";
import { toStoryJson } from "../../app/http/to-json.ts";
import type { Look } from "../../app/look/look.ts";
import type { ExitCode, Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import { renderStory } from "../../core/detect/render-story.ts";
import type { Story, StoryQuery } from "../../core/detect/story.ts";
import { parseDigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { JsonValue } from "../../core/json/json.ts";
import { commandOf, optionOf, OUTPUT, outputOption } from "./command.ts";
import {
  openReal,
  readIdentity,
  readPeriod,
  withLook,
  withLookOptions,
  type LookOptions,
  type OpenLook,
} from "./look-options.ts";
import {
  makeEvidence,
  openReal as openRealEvidence,
  renderWritten,
  writeEvidence,
  type OpenEvidence,
} from "./write-evidence.ts";

type Options = LookOptions & { readonly output: Format; readonly evidence?: string };

/** `countersign investigate`: the story of a digest, an identity or a TaskRun. */
export function command(io: Io, open: OpenLook = openReal, openEvidence: OpenEvidence = openRealEvidence): Command {
  const built = commandOf("investigate", {
    sentence: "Tells the story of an image digest, an identity or a TaskRun: who signed, by which run, where it runs.",
    examples: [
      "countersign investigate sha256:…",
      "countersign investigate ns/payments-prod/sa/builder@prod-eu --since 7d",
      "countersign investigate payments-prod/api-sign -o json",
      "countersign investigate sha256:… --evidence api.tar",
    ],
    exits: [0, 1, 3, 4, 5],
    seeAlso: ["countersign evidence verify", "countersign event list", "countersign workload list"],
  }).addArgument(new Argument("<what>", "sha256:… or image@sha256:…, an identity, or namespace/taskrun"));
  return withLookOptions(built)
    .addOption(optionOf(OUTPUT, "--evidence <file>", "write the entries it tells of, as others can check them"))
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (what: string, options: Options) => {
      await withLook({ io, open, options }, async (look) => {
        const story = await look.tell(readQuery(what, look), readPeriod(options, io.now()));
        const problem = paintFor(io, io.outTerminal).symbol("finding");
        await emit(io, options.output, {
          json: toStoryJson(story),
          text: () => renderStory(story, { problem, visible }),
        });
        io.exit(EXIT_OF[story.verdict]);
        const { evidence } = options;
        if (evidence !== undefined) await writeProof({ io, openEvidence }, story, { ...options, evidence });
      });
    });
}

/** Beside the story, never instead of it: an unproven entry is said, and the story stands as it is. */
async function writeProof(
  { io, openEvidence }: { readonly io: Io; readonly openEvidence: OpenEvidence },
  story: Story,
  options: Options & { readonly evidence: string },
): Promise<void> {
  const [first, ...others] = story.events;
  if (!first) {
    io.err(`no evidence is written: no entry of any followed log is about ${visible(story.subject)}\n`);
    return io.exit(EXIT_OF.unknown);
  }
  const tell = (sentence: string): void => io.err(`${visible(sentence)}\n`);
  const world = await openEvidence({ ...options, env: io.env }, tell);
  try {
    const told = toStoryJson(story);
    const request = {
      events: [first, ...others],
      scope: story.subject,
      story: structuredClone<JsonValue>(told),
    } as const;
    const file = await makeEvidence(io, world, request);
    if (file) io.err(renderWritten(await writeEvidence(options.evidence, file)));
  } finally {
    await world.close();
  }
}

const EXIT_OF: Readonly<Record<Story["verdict"], ExitCode>> = { pass: 0, fail: 1, unknown: 3 };

/** What was asked about, by its form. Faults: `input.malformed`. */
export function readQuery(what: string, { clusters }: Pick<Look, "clusters">): StoryQuery {
  const digest = parseDigestRef(what.slice(what.lastIndexOf("@") + 1));
  if (digest) return { kind: "digest", digest };
  const identity = readIdentity(what, clusters);
  if (identity) return { kind: "identity", ...identity };
  const [namespace = "", name = "", ...rest] = what.replace(/^taskrun\//, "").split("/");
  if (namespace !== "" && name !== "" && rest.length === 0) return { kind: "run", namespace, name };
  throw new Fault("input.malformed", `${what}: neither a digest (sha256:…), an identity, nor namespace/taskrun`);
}
