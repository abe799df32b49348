import { Argument, type Command } from "commander";
import type { WorkloadItem } from "../../app/http/contract.ts";
import { toWorkloadItem } from "../../app/http/to-json.ts";
import type { Io } from "../../app/io.ts";
import type { Look } from "../../app/look/look.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Table } from "../../app/output/table.ts";
import { Fault } from "../../core/fault.ts";
import type { RunningContainer } from "../../core/inventory/running-container.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { commandOf, INPUT, optionOf, outputOption } from "./command.ts";
import { openReal, withLook, withInstallation, type LookOptions, type OpenLook } from "./look-options.ts";

type ListOptions = LookOptions & {
  readonly output: Format;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly grade?: string;
  readonly unsigned?: boolean;
  readonly all?: boolean;
};

/** `countersign workload`: what runs, and who signed it. */
export function command(io: Io, open: OpenLook = openReal): Command {
  return commandOf("workload", {
    sentence: "Shows running containers, each joined to the signature of its image.",
    examples: ["countersign workload list", "countersign workload get payments-prod/api-7d9f-x2k4q"],
    exits: [0, 1],
    seeAlso: ["countersign investigate"],
  })
    .addCommand(listCommand(io, open))
    .addCommand(getCommand(io, open));
}

function listCommand(io: Io, open: OpenLook): Command {
  const built = commandOf("list", {
    sentence: "Lists running containers with who signed their images and how firmly that is known.",
    examples: [
      "countersign workload list",
      "countersign workload list --unsigned",
      "countersign workload list --cluster prod-eu -n payments-prod -o csv",
    ],
    exits: [0, 1],
    seeAlso: ["countersign investigate", "countersign artifact tree"],
  });
  return withInstallation(built)
    .addOption(optionOf(INPUT, "--cluster <name>", "one cluster"))
    .addOption(optionOf(INPUT, "-n, --namespace <name>", "one namespace"))
    .addOption(optionOf(INPUT, "--grade <grades>", "of the correlation, comma between: C,D,none"))
    .addOption(optionOf(INPUT, "--unsigned", "only what is not signed as the policy says; exit 1 when there is any"))
    .addOption(optionOf(INPUT, "--all", "also what has ended, and the steps of builds"))
    .addOption(outputOption<Format>(["table", "json", "jsonl", "csv"]))
    .action(async (options: ListOptions) => {
      await withLook({ io, open, options }, async (look) => {
        await list(io, look, options);
      });
    });
}

async function list(io: Io, look: Look, options: ListOptions): Promise<void> {
  const { containers } = await look.queries.workloads();
  const shown = containers.filter((container) => isAskedFor(container, options));
  const items = shown.map(toWorkloadItem);
  const json = { items, asOf: renderRfc3339(io.now()) };
  await emit(io, options.output, { json, lines: items, table: tableOf(items) });
  if (options.unsigned === true && items.length > 0) io.exit(1);
}

function isAskedFor(container: RunningContainer, { cluster, namespace, grade, unsigned, all }: ListOptions): boolean {
  const runs = container.finishedAt === undefined && container.containerKind !== "build";
  return (
    (all === true || runs) &&
    (cluster === undefined || container.cluster === cluster) &&
    (namespace === undefined || container.namespace === namespace) &&
    (grade === undefined || grade.split(",").includes(container.grade)) &&
    (unsigned !== true || container.signing !== "signed")
  );
}

function tableOf(rows: readonly WorkloadItem[]): Table<WorkloadItem> {
  return {
    rows,
    columns: [
      { title: "cluster", cell: ({ cluster }) => cluster },
      { title: "pod", cell: ({ namespace, pod }) => `${namespace}/${pod}` },
      { title: "image", cell: ({ repository, digest }) => `${repository}@${digest?.slice(0, 19) ?? "?"}` },
      { title: "signing", cell: ({ signing }) => signing },
      { title: "signer", cell: ({ signers: [first] }) => first?.text ?? "-" },
      { title: "grade", cell: ({ grade }) => grade },
      { title: "match", cell: ({ match }) => match },
    ],
  };
}

function getCommand(io: Io, open: OpenLook): Command {
  const built = commandOf("get", {
    sentence: "Shows the containers of one pod with all that is known of their images.",
    examples: [
      "countersign workload get payments-prod/api-7d9f-x2k4q",
      "countersign workload get payments-prod/api-7d9f-x2k4q -o json",
    ],
    exits: [0],
    seeAlso: ["countersign investigate"],
  }).addArgument(new Argument("<pod>", "namespace/pod"));
  return withInstallation(built)
    .addOption(outputOption<Format>(["json", "jsonl"]))
    .action(async (pod: string, options: LookOptions & { readonly output: Format }) => {
      await withLook({ io, open, options }, async (look) => {
        const { containers } = await look.queries.workloads();
        const items = containers.filter((item) => `${item.namespace}/${item.pod}` === pod).map(toWorkloadItem);
        if (items.length === 0) throw new Fault("input.unknown", `pod ${pod}`);
        await emit(io, options.output, { json: { items, asOf: renderRfc3339(io.now()) }, lines: items });
      });
    });
}
