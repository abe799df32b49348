import type { Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor, type Paint } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import type { DriftSetup } from "../../app/wiring/policy-drift.ts";
import type { OwnedDrift, OwnedFinding } from "../../core/policy/drift/owner.ts";
import type { PolicyDocuments } from "../../core/policy/read/read-set.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { collect, commandOf, configOption, CONNECTION, optionOf, outputOption, TRUST } from "./command.ts";
import { openWhole } from "./open-policy.ts";

/** Holds a policy against an installation; loaded when the command runs. */
export type FindDrift = (
  setup: DriftSetup,
  read: (paths: readonly string[]) => Promise<PolicyDocuments>,
) => Promise<OwnedDrift>;
const findReal: FindDrift = async (setup, read) =>
  (await import("../../app/wiring/policy-drift.ts")).findDrift(setup, read);

type Options = Pick<DriftSetup, "config" | "store" | "policy"> & { readonly output: Format };

/** `countersign policy drift`: do those whom we trust sign, and do we trust those who sign? */
export function driftCommand(io: Io, find: FindDrift = findReal): Command {
  return commandOf("drift", {
    sentence: "Finds identities that are allowed and not used or not there, and builders that are not allowed.",
    examples: [
      "countersign policy drift",
      "countersign policy drift --config countersign.yaml -o json",
      "countersign policy drift --policy proposed/ --store countersign.db",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign policy diff", "countersign investigate"],
  })
    .addOption(
      optionOf(
        TRUST,
        "--policy <path>",
        "a policy file or folder, instead of the configured one; repeatable",
      ).argParser(collect),
    )
    .addOption(optionOf(CONNECTION, "--store <file>", "an embedded store, instead of the configured one"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const drift = await find({ ...options, env: io.env, now: io.now() }, (paths) => openWhole(io, paths, options));
      const { findings, gaps } = drift;
      if (gaps.length > 0) io.exit(3);
      if (findings.length > 0) io.exit(1);
      const json = { items: findings.map(toJson), undecided: gaps.map((gap) => ({ ...gap })) };
      await emit(io, options.output, { json, text: () => renderDrift(drift, paintFor(io, io.outTerminal)) });
    });
}

function toJson({ since, mend, ...finding }: OwnedFinding) {
  return { ...finding, since: renderRfc3339(since), mend: { ...mend } };
}

function renderDrift({ findings, gaps }: OwnedDrift, paint: Paint): string {
  const undecided = gaps.map(
    ({ identity, authority, detail }) =>
      `${paint.symbol("undecided")} undecided ${visible(`${identity} (${authority}): ${detail}`)}\n`,
  );
  const none = `${paint.symbol("ok")} the policy and what signs agree\n`;
  const isClear = findings.length === 0 && gaps.length === 0;
  return `${findings.map((finding) => renderFinding(finding, paint)).join("")}${undecided.join("")}${isClear ? none : ""}`;
}

function renderFinding({ kind, identity, authority, owner, since, detail, mend }: OwnedFinding, paint: Paint): string {
  const by = authority === undefined ? "" : ` (${authority})`;
  const lines = [
    `${paint.symbol("finding")} ${kind} ${visible(`${identity}${by}`)}, since ${renderRfc3339(since)}`,
    `    ${visible(detail)}`,
    ...(owner === undefined ? [] : [`    owner: ${visible(owner)}`]),
    `    mend: ${visible(mend.note)}`,
    ...(mend.patch ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `      ${visible(line)}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
