import type { Command } from "commander";
import { parseDurationMs } from "../../app/config/units.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { visible } from "../../app/output/visible.ts";
import type { OpenFailurePolicy, OperateSetup } from "../../app/wiring/operate.ts";
import { Fault } from "../../core/fault.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { commandOf, configOption, CONNECTION, INPUT, optionOf, outputOption } from "./command.ts";

/** Opens the registrations of a cluster; loaded when the command runs. */
export type OpenRegistrations = (setup: OperateSetup) => Promise<OpenFailurePolicy>;
const openReal: OpenRegistrations = async (setup) =>
  (await import("../../app/wiring/operate.ts")).openFailurePolicy(setup);

type Options = {
  readonly set?: "Ignore" | "Fail";
  readonly for: string;
  readonly reason?: string;
  readonly ticket?: string;
  readonly approve?: string;
  readonly wait: boolean;
  readonly cluster?: string;
  readonly config?: string;
  readonly output: Format;
};

const OPEN_MS_MAX = 4 * 3_600_000;
/** To open, or to close once somebody wants to leave. */
const WRITE_MS = 30_000;

/** `countersign admit failure-policy`: the last resort when the webhook itself is gone. */
export function failurePolicyCommand(io: Io, open: OpenRegistrations = openReal): Command {
  return commandOf("failure-policy", {
    sentence: "Shows, or opens for a while by two persons, what the API server does when the webhook does not answer.",
    examples: [
      "countersign admit failure-policy",
      'countersign admit failure-policy --set Ignore --for 30m --reason "webhook does not start" --ticket INC-1',
      "countersign admit failure-policy --approve fp-1f2e3d4c",
      "countersign admit failure-policy --set Fail",
    ],
    exits: [0, 1, 3, 4],
    seeAlso: ["countersign admit break-glass", "countersign admit status"],
  })
    .addOption(
      optionOf(INPUT, "--set <policy>", "ask for Ignore; or close with Fail, at once").choices(["Ignore", "Fail"]),
    )
    .addOption(optionOf(INPUT, "--for <duration>", "how long, 4h at most").default("30m"))
    .addOption(optionOf(INPUT, "--reason <text>", "why"))
    .addOption(optionOf(INPUT, "--ticket <id>", "where it is worked on"))
    .addOption(
      optionOf(INPUT, "--approve <id>", "be the second person: open what another asked for, and close at its end"),
    )
    .addOption(optionOf(INPUT, "--no-wait", "leave closing to serve, which has to run"))
    .addOption(optionOf(CONNECTION, "--cluster <name>", "which of the configured clusters, unless there is one"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const act = actionOf(options);
      const { cluster, config } = options;
      const opened = await open({ env: io.env, config, cluster, namespace: "" });
      try {
        // Not by the signal of the process: what is written half would be open and closed by nobody.
        const done = await act(opened.desk, AbortSignal.timeout(WRITE_MS));
        await show(io, options, opened.cluster, done);
        const until = done.kind === "done" && options.approve !== undefined ? done.state.request?.until : undefined;
        if (until === undefined || !options.wait) return;
        io.err(`closes at ${renderRfc3339(until)}, or with Ctrl-C\n`);
        await opened.sleepUntil(until, io.signal);
        await show(io, options, opened.cluster, await opened.desk.close(AbortSignal.timeout(WRITE_MS)));
      } finally {
        await opened.close();
      }
    });
}

type Desk = OpenFailurePolicy["desk"];
type Done = Awaited<ReturnType<Desk["close"]>>;
type Action = (desk: Desk, signal: AbortSignal) => Promise<Done>;

function actionOf({ set, reason, ticket, for: duration, approve }: Options): Action {
  if (set !== undefined && approve !== undefined) throw new Fault("input.malformed", "one of --set and --approve");
  if (approve !== undefined) return (desk, signal) => desk.approve(approve, signal);
  if (set === "Fail") return (desk, signal) => desk.close(signal);
  if (set === undefined) return async (desk, signal) => ({ kind: "done", state: await desk.look(signal) });
  if (reason === undefined || ticket === undefined) throw new Fault("option.missing", "--reason and --ticket");
  const durationMs = parseDurationMs(duration);
  if (durationMs === undefined || durationMs > OPEN_MS_MAX)
    throw new Fault("input.malformed", `--for ${duration}: 4h at most`);
  return (desk, signal) => desk.ask({ reason, ticket, durationMs }, signal);
}

async function show(io: Io, { output }: Options, cluster: string, done: Done): Promise<void> {
  if (done.kind === "refused") {
    io.exit(1);
    return emit(io, output, {
      json: { cluster, refused: done.message },
      text: () => `refused: ${visible(done.message)}\n`,
    });
  }
  const { webhooks, isOpen, request } = done.state;
  if (isOpen) io.exit(1);
  const times = request && {
    asked: renderRfc3339(request.asked),
    until: request.until === undefined ? null : renderRfc3339(request.until),
  };
  const json = {
    cluster,
    refused: null,
    open: isOpen,
    webhooks: webhooks.map((webhook) => ({ ...webhook })),
    request: request && times ? { ...request, ...times } : null,
  };
  return emit(io, output, { json, text: () => renderState(done.state) });
}

function renderState({ webhooks, isOpen, request }: Extract<Done, { readonly kind: "done" }>["state"]): string {
  const lines = webhooks.map(({ name, failurePolicy }) => `  ${visible(name)}: ${visible(failurePolicy)}`);
  const state = isOpen
    ? "open: what the webhook does not answer for is admitted"
    : "closed: what the webhook does not answer for is refused";
  const asked = request ? [requestLine(request)] : [];
  const head = webhooks.length === 0 ? "no registration called countersign" : state;
  return `${[head, ...lines, ...asked].join("\n")}\n`;
}

function requestLine({
  id,
  requester,
  approver,
  until,
  reason,
  ticket,
}: NonNullable<Extract<Done, { readonly kind: "done" }>["state"]["request"]>): string {
  const by =
    until === undefined
      ? `nothing is open yet; a second person: countersign admit failure-policy --approve ${id}`
      : `approved by ${approver ?? "-"}, until ${renderRfc3339(until)}`;
  return visible(`  ${id} asked by ${requester}: ${reason} (${ticket}); ${by}`);
}
