import { Argument, type Command } from "commander";
import type { WorkloadItem } from "../../app/http/contract.ts";
import { toWorkloadItem } from "../../app/http/to-json.ts";
import type { Io } from "../../app/io.ts";
import type { Look } from "../../app/look/look.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Table } from "../../app/output/table.ts";
import { Fault } from "../../core/fault.ts";
import { ranAt, type PodContainerRef } from "../../core/inventory/ran-at.ts";
import type { RunningContainer } from "../../core/inventory/running-container.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import { commandOf, INPUT, optionOf, outputOption } from "./command.ts";
import { openReal, readInstant, withLook, withInstallation, type LookOptions, type OpenLook } from "./look-options.ts";

type ListOptions = LookOptions & {
  readonly output: Format;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly grade?: string;
  readonly unsigned?: boolean;
  readonly all?: boolean;
  readonly at?: string;
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
      "countersign workload list --at 2026-11-22T02:45:00Z -n payments-prod",
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
    .addOption(optionOf(INPUT, "--at <time>", "what ran then, for certain or possibly: RFC 3339, or a duration ago"))
    .addOption(outputOption<Format>(["table", "json", "jsonl", "csv"]))
    .action(async (options: ListOptions) => {
      await withLook({ io, open, options }, async (look) => {
        await list(io, look, options);
      });
    });
}

async function list(io: Io, look: Look, options: ListOptions): Promise<void> {
  const { containers } = await look.queries.workloads();
  if (options.at !== undefined) {
    return listAt(io, look, containers, { ...options, at: readInstant("--at", options.at, io.now()) });
  }
  const shown = containers.filter(
    (container) => isAskedFor(container, options) && (options.all === true || runs(container)),
  );
  const items = shown.map(toWorkloadItem);
  const json = { items, asOf: renderRfc3339(io.now()) };
  await emit(io, options.output, { json, lines: items, table: tableOf(items) });
  if (options.unsigned === true && items.length > 0) io.exit(1);
}

/** What ran at an instant. Where a cluster was not watched then, what is listed is not all: undecided. */
async function listAt(
  io: Io,
  look: Look,
  containers: readonly RunningContainer[],
  options: Omit<ListOptions, "at"> & { readonly at: UnixMs },
): Promise<void> {
  const { at } = options;
  const { index } = await look.estate();
  const ran = ranAt([...index.podsByUid.values()], at);
  const asked = containers.filter(
    (container) => isAskedFor(container, options) && (options.all === true || container.containerKind !== "build"),
  );
  const [certain, possible] = [among(asked, ran.certain), among(asked, ran.possible)];
  const gaps = index.gaps.filter(
    (gap) =>
      gap.resource === "pods" &&
      (options.cluster === undefined || gap.cluster === options.cluster) &&
      gap.since <= at &&
      (gap.until === undefined || at <= gap.until),
  );
  const items = [
    ...certain.map((container) => ({ ...toWorkloadItem(container), ran: "certain" as const })),
    ...possible.map((container) => ({ ...toWorkloadItem(container), ran: "possible" as const })),
  ];
  const notWatched = gaps.map(({ cluster, reason }) => ({ cluster, reason }));
  const json = { items, at: renderRfc3339(at), gaps: notWatched, asOf: renderRfc3339(io.now()) };
  await emit(io, options.output, { json, lines: items, table: withRan(tableOf(items)) });
  for (const { cluster, reason } of notWatched) io.err(`${cluster} was not watched then: ${reason}\n`);
  if (gaps.length > 0) io.exit(3);
  if (options.unsigned === true && items.length > 0) io.exit(1);
}

/** Of the joined containers those that history names. */
function among(
  containers: readonly RunningContainer[],
  found: readonly PodContainerRef[],
): readonly RunningContainer[] {
  const names = new Set(found.map(({ pod, container }) => `${pod.value.meta.uid}\n${container.name}`));
  return containers.filter(({ podUid, container }) => names.has(`${podUid}\n${container}`));
}

type RanItem = WorkloadItem & { readonly ran: "certain" | "possible" };

function withRan({ columns, rows }: Table<RanItem>): Table<RanItem> {
  return { rows, columns: [{ title: "ran", cell: ({ ran }) => ran }, ...columns] };
}

function runs({ finishedAt, containerKind }: RunningContainer): boolean {
  return finishedAt === undefined && containerKind !== "build";
}

function isAskedFor(
  container: RunningContainer,
  { cluster, namespace, grade, unsigned }: Omit<ListOptions, "at">,
): boolean {
  return (
    (cluster === undefined || container.cluster === cluster) &&
    (namespace === undefined || container.namespace === namespace) &&
    (grade === undefined || grade.split(",").includes(container.grade)) &&
    (unsigned !== true || container.signing !== "signed")
  );
}

function tableOf<T extends WorkloadItem>(rows: readonly T[]): Table<T> {
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
