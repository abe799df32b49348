import type { Command } from "commander";
import type { Io } from "../../app/io.ts";
import { toIdentityRows, type IdentityRow } from "../../app/look/identity-rows.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Table } from "../../app/output/table.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { commandOf, outputOption } from "./command.ts";
import { obtainersCommand } from "./identity-obtainers.ts";
import { registerCommand, retireCommand } from "./identity-register.ts";
import { openReal, readPeriod, withLook, withLookOptions, type LookOptions, type OpenLook } from "./look-options.ts";

/** `countersign identity`: who signs. */
export function command(io: Io, open: OpenLook = openReal): Command {
  return commandOf("identity", {
    sentence: "Shows who signs and who could, and changes the register of who may.",
    examples: ["countersign identity list --since 7d", "countersign identity obtainers deploy/"],
    exits: [0, 1],
    seeAlso: ["countersign investigate"],
  })
    .addCommand(listCommand(io, open))
    .addCommand(obtainersCommand(io))
    .addCommand(registerCommand(io))
    .addCommand(retireCommand(io));
}

function listCommand(io: Io, open: OpenLook): Command {
  const built = commandOf("list", {
    sentence: "Lists the identities that signed, with how often, when, and how often against the policy.",
    examples: ["countersign identity list", "countersign identity list --since 7d", "countersign identity list -o csv"],
    exits: [0],
    seeAlso: ["countersign investigate"],
  });
  return withLookOptions(built)
    .addOption(outputOption<Format>(["table", "json", "csv"]))
    .action(async (options: LookOptions & { readonly output: Format }) => {
      await withLook({ io, open, options }, async (look) => {
        const items = toIdentityRows(await look.estate(), readPeriod(options, io.now()));
        await emit(io, options.output, { json: { items, asOf: renderRfc3339(io.now()) }, table: tableOf(items) });
      });
    });
}

function tableOf(rows: readonly IdentityRow[]): Table<IdentityRow> {
  return {
    rows,
    columns: [
      { title: "identity", cell: ({ text }) => text },
      { title: "events", cell: ({ events }) => events },
      { title: "unexpected", cell: ({ unexpected }) => unexpected },
      { title: "first", cell: ({ firstSeen }) => firstSeen },
      { title: "last", cell: ({ lastSeen }) => lastSeen },
    ],
  };
}
