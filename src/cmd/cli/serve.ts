import type { Command } from "commander";
import type { Config } from "../../app/config/config.ts";
import { readConfig } from "../../app/config/read.ts";
import type { Io } from "../../app/io.ts";
import { ROLES, type Role } from "../../app/serve.ts";
import { commandOf, configOption, CONNECTION, INPUT, optionOf } from "./command.ts";

/** Serves until told to stop; loaded when the command runs. */
export type RunServe = (io: Io, config: Config, role: Role) => Promise<void>;
const runReal: RunServe = async (io, config, role) =>
  (await import("../../app/wiring/run-serve.ts")).runServe(io, config, role);

type Options = { readonly config?: string; readonly listen?: string; readonly role: Role };

/** `countersign serve`: the API and console over a store, and the workers that fill it. */
export function command(io: Io, run: RunServe = runReal): Command {
  return commandOf("serve", {
    sentence: "Serves the API and the console, follows the configured logs and watches the configured clusters.",
    examples: [
      "countersign serve",
      "countersign serve --config countersign.yaml --listen 127.0.0.1:0",
      "countersign serve --role follow",
    ],
    exits: [0, 3, 4, 5],
    seeAlso: ["countersign doctor", "countersign config check"],
  })
    .addOption(optionOf(INPUT, "--role <role>", "what this process does").choices(ROLES).default("all"))
    .addOption(optionOf(CONNECTION, "--listen <host:port>", "where to answer; port 0 takes a free one"))
    .addOption(configOption())
    .action(async (options: Options) => {
      const flags = { "server.listen": options.listen };
      const config = await readConfig({ env: io.env, file: options.config, flags });
      await run(io, config, options.role);
    });
}
