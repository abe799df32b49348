import { exitCodeOf } from "../../app/exit.ts";
import type { ExitCode, Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor } from "../../app/output/paint.ts";
import { renderNotation, toNotationJson, type VerifiedNotation } from "../../app/verify/render-notation.ts";
import { parseSubject, platformSubjects } from "../../app/verify/subjects.ts";
import type { NotationSetup, NotationWorld } from "../../app/wiring/notation.ts";
import { FAULTS } from "../../core/fault.ts";
import type { Verdict } from "../../core/verdict.ts";

/** Opens what verifying by Notation's rules needs; loaded when it is asked for. */
export type OpenNotation = (setup: NotationSetup) => Promise<NotationWorld>;

export const openRealNotation: OpenNotation = async (setup) =>
  (await import("../../app/wiring/notation.ts")).openNotation(setup);

export type NotationOptions = Omit<NotationSetup, "env"> & {
  readonly output: Format;
  readonly allPlatforms?: boolean;
};

type Asked = { readonly refs: readonly string[]; readonly options: NotationOptions };

/** `countersign verify --notation`: each image, or each platform of each, under the statement that is about it. */
export async function runNotation(io: Io, open: OpenNotation, { refs, options }: Asked): Promise<void> {
  const world = await open({ ...options, env: io.env });
  try {
    const verified: VerifiedNotation[] = [];
    for (const ref of refs) {
      const image = parseSubject(ref);
      // oxlint-disable-next-line no-await-in-loop -- in the order given, so that what is printed can be read
      const subjects = options.allPlatforms ? await platformSubjects(image, world.platforms, io.signal) : [image];
      for (const { subject, repository, reference } of subjects) {
        // oxlint-disable-next-line no-await-in-loop -- as above
        verified.push({ subject, answer: await world.image({ repository, reference }, io.signal) });
      }
    }
    for (const { answer } of verified) io.exit(exitOf(answer.verdict));
    await emitAll(io, options.output, verified);
  } finally {
    await world.close();
  }
}

async function emitAll(io: Io, format: Format, verified: readonly VerifiedNotation[]): Promise<void> {
  const paint = paintFor(io, io.outTerminal);
  const [only, ...others] = verified.map(toNotationJson);
  await emit(io, format, {
    json: others.length === 0 && only !== undefined ? only : verified.map(toNotationJson),
    text: () => verified.map((one) => renderNotation(one, paint)).join(""),
  });
}

/** What is not there, or is about no image of ours, is a name that is wrong. */
function exitOf(verdict: Verdict<string>): ExitCode {
  const isMissing = verdict.kind === "fail" && verdict.reasons[0].reason === "image-missing";
  return isMissing ? FAULTS["registry.not-found"].exit : exitCodeOf(verdict);
}
