import type { CommandGroup, CommandRow } from "./command-row.ts";

/**
 * Every command that works, and no other. Known before any of them is loaded, so that `--help` and `version` cost
 * no more than commander does. Sorted by group, then as people meet them.
 */
export const COMMANDS: readonly CommandRow[] = [
  row(
    "demo",
    "play 28 days on this machine, and serve the console over them",
    "See it work",
    () => import("./demo.ts"),
  ),
  row(
    "sign",
    "sign images, files and attestations without a key to keep",
    "Sign and verify",
    () => import("./sign.ts"),
  ),
  row("verify", "verify signatures, and say who made them", "Sign and verify", () => import("./verify.ts")),
  row("policy", "check, show, compare and try trust policies", "Sign and verify", () => import("./policy.ts")),
  row("drill", "prove that a verifier refuses what it must refuse", "Sign and verify", () => import("./drill.ts")),
  row("gate", "refuse changes that loosen trust", "Sign and verify", () => import("./gate.ts")),
  row("pipeline", "find what is wrong in Tekton definitions", "Sign and verify", () => import("./pipeline.ts")),
  row("investigate", "tell the story of a digest, an identity or a TaskRun", "Look", () => import("./investigate.ts")),
  row("event", "show signing events, joined to their runs", "Look", () => import("./event.ts")),
  row("workload", "show what runs, and who signed it", "Look", () => import("./workload.ts")),
  row("artifact", "show a digest with its signatures and attestations", "Look", () => import("./artifact.ts")),
  row("identity", "show who signs", "Look", () => import("./identity.ts")),
  row("log", "show logs, how far they are read, and what proves it", "Look", () => import("./log.ts")),
  row("evidence", "make files that prove events to others, and check them", "Look", () => import("./evidence.ts")),
  row("doctor", "look at each link of the chain, and say what mends it", "Look", () => import("./doctor.ts")),
  row("status", "show how far each log is followed and proven", "Look", () => import("./status.ts")),
  row(
    "explain",
    "say what a fault, an error, a rule, a finding or an exit code means",
    "Look",
    () => import("./explain.ts"),
  ),
  row("admit", "try a workload as the webhook would, and register it", "Operate", () => import("./admit.ts")),
  row("deny", "keep an image or a signer from running, at once", "Operate", () => import("./deny.ts")),
  row("trust", "show roots of trust, and carry them without a network", "Operate", () => import("./trust.ts")),
  row("serve", "serve the API and the console, and follow the logs", "Operate", () => import("./serve.ts")),
  row("config", "check and show the configuration", "Operate", () => import("./config.ts")),
  row("completion", "print a completion script for a shell", "This program", async () => {
    const { completionCommand } = await import("./completion.ts");
    return { command: (io) => completionCommand(io, COMMANDS) };
  }),
  row("version", "print the version", "This program", () => import("./version.ts")),
];

function row(name: string, summary: string, group: CommandGroup, load: CommandRow["load"]): CommandRow {
  return { name, summary, group, load };
}
