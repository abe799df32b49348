import { Argument, type Command } from "commander";
import { exitOfEvidence, renderEvidence, toEvidenceJson } from "../../app/evidence/render.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { readInput } from "../../app/read-input.ts";
import type { openEvidenceVerification, EvidenceWorld } from "../../app/wiring/evidence.ts";
import type { LogsSetup } from "../../app/wiring/logs.ts";
import { isTar, TAR_FILE_BYTES_MAX } from "../../core/evidence/tar.ts";
import { Fault } from "../../core/fault.ts";
import { TRUSTED_ROOT_BYTES_MAX } from "../../core/trust/trusted-root.ts";
import { commandOf, configOption, CONNECTION, optionOf, outputOption, TRUST } from "./command.ts";
import { parseEventRef } from "./event-ref.ts";
import { makeEvidence, openReal, renderWritten, writeEvidence, type OpenEvidence } from "./write-evidence.ts";

/** What the commands need; loaded when one runs. */
export type Wired = {
  readonly open: OpenEvidence;
  readonly openVerification: () => Promise<ReturnType<typeof openEvidenceVerification>>;
};
const real: Wired = {
  open: openReal,
  openVerification: async () => (await import("../../app/wiring/evidence.ts")).openEvidenceVerification(),
};

/** An evidence file is held in memory whole. */
const EVIDENCE_BYTES_MAX = 4 * TAR_FILE_BYTES_MAX;

/** `countersign evidence`: proof of an event that others can check without us. */
export function command(io: Io, wired: Wired = real): Command {
  return commandOf("evidence", {
    sentence: "Makes files that prove signing events to others, and checks them with nothing else.",
    examples: [
      "countersign evidence export rekor-private/5318 --out event.tar",
      "countersign evidence verify event.tar",
      "countersign evidence verify event.tar --trusted-root trusted_root.json -o json",
    ],
    exits: [0, 1, 3, 5],
    seeAlso: ["countersign investigate", "countersign log prove"],
  })
    .addCommand(exportCommand(io, wired))
    .addCommand(verifyCommand(io, wired));
}

type ExportOptions = Omit<LogsSetup, "env"> & { readonly out: string; readonly output: Format };

function exportCommand(io: Io, { open }: Wired): Command {
  return commandOf("export", {
    sentence: "Writes the evidence of one event, or of a log that contradicted itself, into a file.",
    examples: [
      "countersign evidence export rekor-private/5318 --out event.tar",
      "countersign evidence export rekor-private/5318 --store countersign.db --out event.tar",
      "countersign evidence export rekor-private --out contradiction.tar",
    ],
    exits: [0, 3],
    seeAlso: ["countersign evidence verify"],
  })
    .addArgument(new Argument("<what>", "log/index of an event, or the name of a log"))
    .requiredOption("--out <file>", "where the file is written; one that exists is replaced")
    .addOption(optionOf(CONNECTION, "--store <file>", "an embedded store, instead of the configured one"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (what: string, options: ExportOptions) => {
      const world = await open({ ...options, env: io.env }, (sentence) => io.err(`${sentence}\n`));
      try {
        const file = await makeFile(io, world, what);
        if (!file) return;
        const written = await writeEvidence(options.out, file);
        await emit(io, options.output, { json: written, text: () => renderWritten(written) });
      } finally {
        await world.close();
      }
    });
}

/** `undefined` when it cannot be made; that has been said. */
async function makeFile(io: Io, world: EvidenceWorld, what: string): Promise<Uint8Array | undefined> {
  if (!/\/\d+$/.test(what)) {
    const file = await world.exportContradiction(what);
    if (!file) throw new Fault("input.unknown", `${what}: no contradiction of this log is stored`);
    return file;
  }
  return makeEvidence(io, world, { events: [parseEventRef(what)], scope: what });
}

type VerifyOptions = { readonly trustedRoot?: string; readonly output: Format };

function verifyCommand(io: Io, { openVerification }: Wired): Command {
  return commandOf("verify", {
    sentence: "Checks an evidence file with nothing but itself: no network, no configuration, no clock.",
    examples: [
      "countersign evidence verify event.tar",
      "countersign evidence verify event.tar --trusted-root trusted_root.json",
      "countersign evidence verify contradiction.tar -o json",
    ],
    exits: [0, 1, 3, 5],
  })
    .addArgument(new Argument("<file>", "what evidence export wrote"))
    .addOption(optionOf(TRUST, "--trusted-root <file>", "the root to believe, instead of the one in the file"))
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (path: string, { trustedRoot, output }: VerifyOptions) => {
      const verify = await openVerification();
      const root = trustedRoot === undefined ? undefined : await readInput(trustedRoot, TRUSTED_ROOT_BYTES_MAX);
      const file = await readInput(path, EVIDENCE_BYTES_MAX);
      // Another file was meant: it says nothing about anybody's honesty.
      if (!isTar(file)) throw new Fault("evidence.malformed", path);
      const report = verify(file, root);
      await emit(io, output, { json: toEvidenceJson(report), text: () => renderEvidence(report) });
      io.exit(exitOfEvidence(report));
    });
}
