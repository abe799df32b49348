import type { Command } from "commander";
import { parseDurationMs } from "../../app/config/units.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { visible } from "../../app/output/visible.ts";
import type { OpenDesk, OperateSetup } from "../../app/wiring/operate.ts";
import { Fault } from "../../core/fault.ts";
import type { BreakGlass } from "../../core/policy/trust-policy.ts";
import { renderRfc3339, type UnixMs } from "../../core/time.ts";
import { collect, commandOf, configOption, CONNECTION, INPUT, optionOf, outputOption } from "./command.ts";

/** Opens the emergencies of a cluster; loaded when the command runs. */
export type OpenBreakGlass = (setup: OperateSetup) => Promise<OpenDesk>;
const openReal: OpenBreakGlass = async (setup) => (await import("../../app/wiring/operate.ts")).openBreakGlass(setup);

type Options = {
  readonly namespace?: readonly string[];
  readonly reason?: string;
  readonly ticket?: string;
  readonly for: string;
  readonly approve?: string;
  readonly end?: string;
  readonly cluster?: string;
  readonly config?: string;
  readonly webhookNamespace: string;
  readonly output: Format;
};

/** trust-policy chapter §1.4. */
const OPEN_MS_MAX = 4 * 3_600_000;

/** `countersign admit break-glass`: let anything run in a namespace, for a while, by two persons. */
export function breakGlassCommand(io: Io, open: OpenBreakGlass = openReal): Command {
  return commandOf("break-glass", {
    sentence:
      "Opens namespaces to unjudged images in an emergency: one person asks, a second approves, the end comes by itself.",
    examples: [
      'countersign admit break-glass --namespace payments --for 1h --reason "registry is down" --ticket INC-1',
      "countersign admit break-glass --approve bg-1f2e3d4c",
      "countersign admit break-glass --end bg-1f2e3d4c",
    ],
    exits: [0, 1, 3, 4],
    seeAlso: ["countersign admit status"],
  })
    .addOption(optionOf(INPUT, "--namespace <name>", "what to open; repeatable, * for all").argParser(collect))
    .addOption(optionOf(INPUT, "--reason <text>", "why; it is shown to whoever deploys meanwhile"))
    .addOption(optionOf(INPUT, "--ticket <id>", "where it is worked on"))
    .addOption(optionOf(INPUT, "--for <duration>", "how long, 4h at most").default("1h"))
    .addOption(optionOf(INPUT, "--approve <id>", "be the second person: open what another asked for"))
    .addOption(optionOf(INPUT, "--end <id>", "end it now"))
    .addOption(optionOf(CONNECTION, "--cluster <name>", "which of the configured clusters, unless there is one"))
    .addOption(
      optionOf(CONNECTION, "--webhook-namespace <name>", "where the ConfigMap trust-policy is").default("countersign"),
    )
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const asked = actionOf(options);
      const { cluster, config, webhookNamespace: namespace } = options;
      const opened = await open({ env: io.env, config, cluster, namespace });
      try {
        const shown = await asked(opened.desk, io.signal);
        if (shown.refused !== undefined) io.exit(1);
        const now = io.now();
        await emit(io, options.output, {
          json: {
            cluster: opened.cluster,
            refused: shown.refused ?? null,
            items: shown.glasses.map((glass) => toJson(glass, now)),
          },
          text: () => renderShown(shown, now),
        });
      } finally {
        await opened.close();
      }
    });
}

type BreakGlassDesk = OpenDesk["desk"];
type BreakGlassDone = Awaited<ReturnType<BreakGlassDesk["approve"]>>;
type Shown = { readonly glasses: readonly BreakGlass[]; readonly refused?: string; readonly said: string };
type Action = (desk: BreakGlassDesk, signal: AbortSignal) => Promise<Shown>;

/** What was asked for, and nothing if it was asked for in two ways. */
function actionOf({ namespace = [], reason, ticket, for: duration, approve, end }: Options): Action {
  const asked = [namespace.length > 0, approve !== undefined, end !== undefined].filter(Boolean).length;
  if (asked > 1) throw new Fault("input.malformed", "one of --namespace, --approve and --end");
  if (approve !== undefined) return async (desk, signal) => shownOf(await desk.approve(approve, signal), "open");
  if (end !== undefined) return async (desk, signal) => shownOf(await desk.end(end, signal), "ended");
  if (namespace.length === 0) return async (desk, signal) => ({ glasses: await desk.list(signal), said: "" });
  if (reason === undefined || ticket === undefined) throw new Fault("option.missing", "--reason and --ticket");
  const durationMs = parseDurationMs(duration);
  if (durationMs === undefined || durationMs > OPEN_MS_MAX)
    throw new Fault("input.malformed", `--for ${duration}: 4h at most`);
  const request = { namespaces: namespace, reason, ticket, durationMs };
  return async (desk, signal) => shownOf(await desk.ask(request, signal), "asked");
}

function shownOf(done: BreakGlassDone, said: string): Shown {
  return done.kind === "done" ? { glasses: [done.glass], said } : { glasses: [], refused: done.message, said };
}

function stateOf({ approved, ends }: BreakGlass, now: UnixMs): "over" | "open" | "asked" {
  if (now >= ends) return "over";
  return approved ? "open" : "asked";
}

function toJson(glass: BreakGlass, now: UnixMs) {
  const { created, ends, requester = null, approver = null, namespaces, ...rest } = glass;
  const times = { created: renderRfc3339(created), ends: renderRfc3339(ends) };
  return { ...rest, namespaces: [...namespaces], ...times, requester, approver, state: stateOf(glass, now) };
}

function renderShown({ glasses, refused, said }: Shown, now: UnixMs): string {
  if (refused !== undefined) return `refused: ${visible(refused)}\n`;
  if (said === "" && glasses.length === 0) return "no emergency stands in the policy\n";
  const lines = glasses.map((glass) => {
    const { name, namespaces, ends, reason, ticket, requester = "-", approver = "-" } = glass;
    const state = said === "ended" ? "ended" : stateOf(glass, now);
    const where = `${namespaces.join(", ")} until ${renderRfc3339(ends)}`;
    return visible(
      `${state.padEnd(5)} ${name} ${where}, asked by ${requester}, approved by ${approver}: ${reason} (${ticket})`,
    );
  });
  return `${[...lines, ...nextOf(glasses[0]?.name ?? "", said)].join("\n")}\n`;
}

function nextOf(name: string, said: string): readonly string[] {
  if (said === "asked")
    return [`nothing is open yet; a second person: countersign admit break-glass --approve ${name}`];
  if (said !== "open" && said !== "ended") return [];
  return ["the webhook hears of it with its ConfigMap, which the kubelet brings within a minute or two"];
}
