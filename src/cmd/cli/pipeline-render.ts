import type { Command } from "commander";
import { TEKTON_CONTROLLERS } from "../../app/deploy/signing/options.ts";
import type { RenderRequest } from "../../app/deploy/signing/to-options.ts";
import type { Io } from "../../app/io.ts";
import { makeOutputFolder } from "../../app/write-output.ts";
import { Fault } from "../../core/fault.ts";
import { collect, commandOf, INPUT, optionOf, OUTPUT, TRUST } from "./command.ts";

type Options = RenderRequest & { readonly output: "yaml" | "json"; readonly bundleOut?: string };

/** `countersign pipeline render`: the signing step as Kubernetes objects. */
export function renderCommand(io: Io): Command {
  return commandOf("render", {
    sentence: "Prints the signing Task, what each namespace needs for it, and the policies that guard it.",
    examples: [
      "countersign pipeline render --part task --image registry.example/tools/sign-step@sha256:…",
      "countersign pipeline render --part namespace --task-bundle registry.example/tools/sign@sha256:… --repository registry.example/team --trusted-root trusted_root.json --signing-config signing_config.json --namespace payments",
      "countersign pipeline render --part admission --image registry.example/tools/sign-step@sha256:… --task-bundle registry.example/tools/sign@sha256:… --namespace payments | kubectl apply -f -",
    ],
    exits: [0],
    seeAlso: ["countersign pipeline lint", "countersign doctor"],
  })
    .addOption(
      optionOf(INPUT, "--part <part>", "the Task; what a namespace needs; the policies of the cluster")
        .choices(["task", "namespace", "admission"])
        .makeOptionMandatory(),
    )
    .addOption(optionOf(INPUT, "--image <image>", "the signing step's image, by digest"))
    .addOption(optionOf(INPUT, "--task-bundle <bundle>", "the bundle that the Task was put into, by digest"))
    .addOption(optionOf(INPUT, "--namespace <name>", "where images are signed; repeatable").argParser(collect))
    .addOption(optionOf(INPUT, "--service-account <name>", "as whom; for the signing task alone").default("signer"))
    .addOption(
      optionOf(INPUT, "--repository <name>", "what may be signed, with all below it; repeatable").argParser(collect),
    )
    .addOption(
      optionOf(INPUT, "--registry-secret <name>", "Secret of type dockerconfigjson that the step mounts").default(
        "signer-registry",
      ),
    )
    .addOption(
      optionOf(INPUT, "--platform <name>", "whose Tekton it is")
        .choices(Object.keys(TEKTON_CONTROLLERS))
        .default("kubernetes"),
    )
    .addOption(
      optionOf(INPUT, "--session-group <name>", "a group that may exec into pods there; repeatable").argParser(collect),
    )
    .addOption(optionOf(TRUST, "--audience <name>", "Fulcio's, and no other service's").default("sigstore"))
    .addOption(optionOf(INPUT, "--builder-id <uri>", "attest how images were built, as this builder"))
    .addOption(
      optionOf(INPUT, "--api-audience <name>", "the API server's audience, to ask for runs with --builder-id").default(
        "https://kubernetes.default.svc",
      ),
    )
    .addOption(optionOf(TRUST, "--trusted-root <file>", "trusted root, or client trust config with both"))
    .addOption(optionOf(TRUST, "--signing-config <file>", "where to sign"))
    .addOption(optionOf(TRUST, "--ca-file <file>", "PEM: the only anchors of Fulcio, log and TSA"))
    .addOption(
      optionOf(OUTPUT, "--layout <layout>", "how signatures are attached: OCI 1.1 referrers, or cosign's older tags")
        .choices(["referrer", "legacy"])
        .default("referrer"),
    )
    .addOption(optionOf(OUTPUT, "--bundle-out <folder>", "with --part task: also a Tekton bundle, as an OCI layout"))
    .addOption(optionOf(OUTPUT, "-o, --output <format>", "how it is printed").choices(["yaml", "json"]).default("yaml"))
    .action((options: Options) => print(io, options));
}

async function print(io: Io, { output, bundleOut, ...request }: Options): Promise<void> {
  const [{ toOptions }, { renderPart }, { stringify }] = await Promise.all([
    import("../../app/deploy/signing/to-options.ts"),
    import("../../app/deploy/signing/render.ts"),
    import("yaml"),
  ]);
  if (bundleOut !== undefined && request.part !== "task") {
    throw new Fault("input.malformed", "--bundle-out: a bundle holds the Task, which --part task renders");
  }
  const yaml = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
  const items = renderPart(request.part, await toOptions(request), yaml);
  if (bundleOut !== undefined) {
    const { writeTaskBundle } = await import("../../app/deploy/signing/bundle.ts");
    makeOutputFolder(bundleOut);
    io.err(`bundle ${writeTaskBundle(bundleOut, items[0] ?? null)} in ${bundleOut}\n`);
  }
  io.out(
    output === "json"
      ? `${JSON.stringify({ apiVersion: "v1", kind: "List", items }, undefined, 2)}\n`
      : items.map((item) => yaml(item)).join("---\n"),
  );
}
