import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { toArtifactTree, renderArtifactTree } from "../../app/look/artifact-tree.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { parseDigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { commandOf, outputOption } from "./command.ts";
import { openReal, withLook, withInstallation, type LookOptions, type OpenLook } from "./look-options.ts";

/** `countersign artifact`: digests, and what is signed about them. */
export function command(io: Io, open: OpenLook = openReal): Command {
  return commandOf("artifact", {
    sentence: "Shows digests, their signatures and attestations.",
    examples: [
      "countersign artifact tree sha256:…",
      "countersign artifact tree registry.example/payments/api@sha256:…",
      "countersign artifact tree sha256:… --policy policies/",
    ],
    exits: [0, 1],
    seeAlso: ["countersign investigate"],
  }).addCommand(treeCommand(io, open));
}

function treeCommand(io: Io, open: OpenLook): Command {
  const built = commandOf("tree", {
    sentence: "Shows a digest with its platforms, and every signature and attestation of each.",
    examples: [
      "countersign artifact tree sha256:…",
      "countersign artifact tree registry.example/payments/api@sha256:… -o json",
    ],
    exits: [0, 1],
    seeAlso: ["countersign investigate", "countersign verify"],
  }).addArgument(new Argument("<digest>", "sha256:… or image@sha256:…"));
  return withInstallation(built)
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (what: string, options: LookOptions & { readonly output: Format }) => {
      const digest = parseDigestRef(what.slice(what.lastIndexOf("@") + 1));
      if (!digest) throw new Fault("input.malformed", `${what}: sha256: and 64 hexadecimal digits`);
      await withLook({ io, open, options }, async (look) => {
        const tree = toArtifactTree(await look.estate(), digest);
        await emit(io, options.output, { json: tree, text: () => renderArtifactTree(tree) });
        if (!tree.isSigned) io.exit(1);
      });
    });
}
