import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { proofFromStore } from "../../app/http/proof.ts";
import {
  exitOfState,
  exitOfStep,
  logTable,
  renderLogDetail,
  stepTable,
  toLogDetail,
  toLogJson,
  toStepJson,
} from "../../app/logs/render.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { followConfigured, LogsSetup, openStoredLogs, StoredLogs } from "../../app/wiring/logs.ts";
import { Fault } from "../../core/fault.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { collect, commandOf, configOption, CONNECTION, INPUT, optionOf, outputOption } from "./command.ts";
import { parseEventRef } from "./event-ref.ts";

/** What the commands do with an installation; loaded when one runs. */
export type LogWorld = {
  readonly open: typeof openStoredLogs;
  readonly follow: typeof followConfigured;
};
const real: LogWorld = {
  open: async (setup) => (await import("../../app/wiring/logs.ts")).openStoredLogs(setup),
  follow: async (setup, signal) => (await import("../../app/wiring/logs.ts")).followConfigured(setup, signal),
};

type Options = Omit<LogsSetup, "env"> & { readonly output: Format };

/** `countersign log`: transparency logs, how far they are read, and what proves it. */
export function command(io: Io, world: LogWorld = real): Command {
  return commandOf("log", {
    sentence: "Shows transparency logs: how far each is followed and proven, and what it did.",
    examples: ["countersign log list", "countersign log status rekor-private", "countersign log follow --once"],
    exits: [0, 1, 3, 5],
    seeAlso: ["countersign status", "countersign evidence"],
  })
    .addCommand(listCommand(io, world))
    .addCommand(statusCommand(io, world))
    .addCommand(followCommand(io, world))
    .addCommand(proveCommand(io, world));
}

function withStore(built: Command): Command {
  return built
    .addOption(optionOf(CONNECTION, "--store <file>", "an embedded store, instead of the configured one"))
    .addOption(configOption());
}

async function withLogs(
  io: Io,
  world: LogWorld,
  options: Options,
  act: (logs: StoredLogs) => Promise<void>,
): Promise<void> {
  const logs = await world.open({ ...options, env: io.env });
  try {
    await act(logs);
  } finally {
    logs.close();
  }
}

function listCommand(io: Io, world: LogWorld): Command {
  const built = commandOf("list", {
    sentence: "Lists the logs in the store, each with its state and how far it is read.",
    examples: [
      "countersign log list",
      "countersign log list -o csv",
      "countersign log list --store countersign.db -o json",
    ],
    exits: [0, 3],
  });
  return withStore(built)
    .addOption(outputOption<Format>(["table", "json", "csv"]))
    .action((options: Options) =>
      withLogs(io, world, options, async ({ events }) => {
        const positions = await events.positions();
        const json = { asOf: renderRfc3339(io.now()), items: positions.map(toLogJson) };
        await emit(io, options.output, { json, table: logTable(positions) });
      }),
    );
}

function statusCommand(io: Io, world: LogWorld): Command {
  const built = commandOf("status", {
    sentence: "Shows one log: what is proven, what it did, and what is not covered.",
    examples: [
      "countersign log status rekor-private",
      "countersign log status rekor-private --store countersign.db",
      "countersign log status rekor-private -o json",
    ],
    exits: [0, 3, 5],
  }).addArgument(new Argument("<log>", "its name"));
  return withStore(built)
    .addOption(outputOption<Format>(["text", "json"]))
    .action((name: string, options: Options) =>
      withLogs(io, world, options, async ({ events }) => {
        const position = await events.position(name);
        if (!position) throw new Fault("input.unknown", `log ${name}: not in the store`);
        const found = (await events.misbehaviours()).filter(({ log }) => log === name);
        await emit(io, options.output, {
          json: toLogDetail(position, found, io.now()),
          text: () => renderLogDetail(position, found, io.now()),
        });
        io.exit(exitOfState(position.state));
      }),
    );
}

type FollowOptions = Options & { readonly log?: readonly string[]; readonly once?: boolean };

function followCommand(io: Io, world: LogWorld): Command {
  const built = commandOf("follow", {
    sentence: "Reads logs to where they are now, proves each step, and says how that ended.",
    examples: [
      "countersign log follow --once",
      "countersign log follow --once --log rekor-private --log rekor-public",
      "countersign log follow --once --config countersign.yaml -o json",
    ],
    exits: [0, 3, 5],
    seeAlso: ["countersign serve, which follows all the time"],
  });
  return withStore(built)
    .requiredOption("--once", "end when all that is served now is read")
    .addOption(optionOf(INPUT, "--log <name>", "one log, not all that are configured; repeatable").argParser(collect))
    .addOption(outputOption<Format>(["table", "json"]))
    .action(async (options: FollowOptions) => {
      const reports = await world.follow({ ...options, names: options.log ?? [], env: io.env }, io.signal);
      if (reports.length === 0) throw new Fault("config.invalid", "logs: no log is configured that is followed");
      const json = { asOf: renderRfc3339(io.now()), items: reports.map(toStepJson) };
      await emit(io, options.output, { json, table: stepTable(reports) });
      for (const report of reports) io.exit(exitOfStep(report));
    });
}

function proveCommand(io: Io, world: LogWorld): Command {
  const built = commandOf("prove", {
    sentence: "Proves that an entry is in its log, out of what is stored, under a checkpoint that the log signed.",
    examples: [
      "countersign log prove rekor-private/5318",
      "countersign log prove rekor-private/5318 --store countersign.db",
      "countersign log prove rekor-private/5318 -o json",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign evidence export, which makes a file that others can check"],
  }).addArgument(new Argument("<event>", "log/index"));
  return withStore(built)
    .addOption(outputOption<Format>(["text", "json"]))
    .action((ref: string, options: Options) =>
      withLogs(io, world, options, async ({ events }) => {
        const { log, logIndex } = parseEventRef(ref);
        const proof = await proofFromStore(events, log, logIndex);
        if (!proof) throw new Fault("input.unknown", `event ${ref}: not in the store`);
        const { verdict, detail, leafHash, treeSize, rootHash, path } = proof;
        const lines = [
          `${verdict.toUpperCase()}  ${ref}: ${detail}`,
          `  leaf  ${leafHash}`,
          `  root  ${rootHash} of ${treeSize} entries`,
          ...path.map((hash, i) => `  path  ${String(i).padStart(2)} ${hash}`),
        ];
        await emit(io, options.output, { json: proof, text: () => `${lines.join("\n")}\n` });
        io.exit(verdict === "pass" ? 0 : verdict === "fail" ? 1 : 3);
      }),
    );
}
