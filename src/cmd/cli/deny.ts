import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { visible } from "../../app/output/visible.ts";
import type { OpenDenyDesk, OperateSetup } from "../../app/wiring/operate.ts";
import { parseDigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import type { DeniedWhat, DenyRule } from "../../core/policy/trust-policy.ts";
import { parseRfc3339, renderRfc3339, type UnixMs } from "../../core/time.ts";
import { commandOf, configOption, CONNECTION, INPUT, optionOf, outputOption } from "./command.ts";

/** Opens the register of a cluster; loaded when the command runs. */
export type OpenDeny = (setup: OperateSetup) => Promise<OpenDenyDesk>;
const openReal: OpenDeny = async (setup) => (await import("../../app/wiring/operate.ts")).openDenyDesk(setup);

type Common = {
  readonly cluster?: string;
  readonly config?: string;
  readonly webhookNamespace: string;
  readonly output: Format;
};
type AddOptions = Common & {
  readonly digest?: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly key?: string;
  readonly since?: string;
  readonly until?: string;
  readonly reason: string;
};
type Desk = OpenDenyDesk["desk"];
type Done = Awaited<ReturnType<Desk["add"]>>;

/** `countersign deny`: what may not run, whatever the policy says. */
export function command(io: Io, open: OpenDeny = openReal): Command {
  return commandOf("deny", {
    sentence: "Keeps images, and what somebody has signed, from running, at once and whatever the policy says.",
    examples: [
      'countersign deny add --digest sha256:… --reason "incident inc-0003"',
      "countersign deny list",
      "countersign deny remove dr-1f2e3d4c",
    ],
    exits: [0, 1, 3, 4],
    seeAlso: ["countersign admit status", "countersign investigate"],
  })
    .addCommand(addCommand(io, open))
    .addCommand(removeCommand(io, open))
    .addCommand(listCommand(io, open));
}

function addCommand(io: Io, open: OpenDeny): Command {
  const built = commandOf("add", {
    sentence: "Adds a rule to the register of a cluster. One person is enough.",
    examples: [
      'countersign deny add --digest sha256:… --reason "incident inc-0003"',
      'countersign deny add --identity https://kubernetes.io/namespaces/pay/serviceaccounts/builder --issuer https://oidc.example --since 2026-11-22T02:00:00Z --reason "token was stolen"',
      'countersign deny add --key sha256:… --reason "the key was on a lost laptop"',
    ],
    exits: [0, 1, 3, 4],
    seeAlso: ["countersign deny remove"],
  })
    .addOption(optionOf(INPUT, "--digest <digest>", "an image"))
    .addOption(optionOf(INPUT, "--identity <san>", "a signer, as certificates name it"))
    .addOption(optionOf(INPUT, "--issuer <url>", "of --identity, exactly"))
    .addOption(
      optionOf(INPUT, "--key <digest>", "a key that lives for long, by the SHA-256 of its SubjectPublicKeyInfo"),
    )
    .addOption(optionOf(INPUT, "--since <instant>", "only what was signed from then on; not of an image"))
    .addOption(optionOf(INPUT, "--until <instant>", "only what was signed before then; not of an image"))
    .addOption(optionOf(INPUT, "--reason <text>", "why; it is shown to whoever deploys").makeOptionMandatory());
  return withCommon(built).action(async (options: AddOptions) => {
    const request = requestOf(options);
    await act(io, open, options, (desk, signal) => desk.add(request, signal));
  });
}

function removeCommand(io: Io, open: OpenDeny): Command {
  const built = commandOf("remove", {
    sentence: "Withdraws a rule, or takes out one that somebody else has withdrawn. Until then it holds.",
    examples: ["countersign deny remove dr-1f2e3d4c"],
    exits: [0, 1, 3, 4],
    seeAlso: ["countersign deny list"],
  }).addArgument(new Argument("<name>", "of a rule"));
  return withCommon(built).action(async (name: string, options: Common) => {
    await act(io, open, options, (desk, signal) => desk.remove(name, signal));
  });
}

function listCommand(io: Io, open: OpenDeny): Command {
  const built = commandOf("list", {
    sentence: "Lists the rules of the register.",
    examples: ["countersign deny list", "countersign deny list -o json"],
    exits: [0, 3, 4],
    seeAlso: ["countersign deny add"],
  });
  return withCommon(built).action(async (options: Common) => {
    const opened = await openFrom(io, open, options);
    try {
      const rules = await opened.desk.list(io.signal);
      const none = "nothing is denied in the register\n";
      await emit(io, options.output, {
        json: { cluster: opened.cluster, items: rules.map(toJson) },
        text: () => (rules.length === 0 ? none : rules.map((rule) => `${renderRule(rule)}\n`).join("")),
      });
    } finally {
      await opened.close();
    }
  });
}

function withCommon(built: Command): Command {
  return built
    .addOption(optionOf(CONNECTION, "--cluster <name>", "which of the configured clusters, unless there is one"))
    .addOption(
      optionOf(CONNECTION, "--webhook-namespace <name>", "where the ConfigMap deny-rules is").default("countersign"),
    )
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption());
}

function openFrom(io: Io, open: OpenDeny, { config, cluster, webhookNamespace }: Common): Promise<OpenDenyDesk> {
  return open({ env: io.env, config, cluster, namespace: webhookNamespace });
}

async function act(
  io: Io,
  open: OpenDeny,
  options: Common,
  what: (desk: Desk, signal: AbortSignal) => Promise<Done>,
): Promise<void> {
  const opened = await openFrom(io, open, options);
  try {
    const done = await what(opened.desk, io.signal);
    if (done.kind === "refused") io.exit(1);
    const { cluster } = opened;
    const json =
      done.kind === "refused"
        ? { cluster, done: "refused", message: done.message }
        : { cluster, done: done.kind, rule: toJson(done.rule) };
    await emit(io, options.output, { json, text: () => renderDone(done) });
  } finally {
    await opened.close();
  }
}

function requestOf(options: AddOptions): Parameters<Desk["add"]>[0] {
  const { since, until, reason } = options;
  const what = whatOf(options);
  if (what.kind === "digest" && (since ?? until) !== undefined) {
    throw new Fault("input.malformed", "--since and --until are about a signature, and not about an image");
  }
  return {
    what,
    reason,
    ...(since !== undefined && { since: instantOf("--since", since) }),
    ...(until !== undefined && { until: instantOf("--until", until) }),
  };
}

/** Exactly one thing, and all of it. */
function whatOf({ digest, identity, issuer, key }: AddOptions): DeniedWhat {
  const named = [digest, identity, key].filter((one) => one !== undefined).length;
  if (named !== 1) throw new Fault("input.malformed", "exactly one of --digest, --identity and --key");
  if ((identity === undefined) !== (issuer === undefined)) {
    throw new Fault("input.malformed", "--identity and --issuer go together");
  }
  if (identity !== undefined && issuer !== undefined) return { kind: "identity", issuer, san: identity };
  const text = digest ?? key ?? "";
  const parsed = parseDigestRef(text);
  if (!parsed) throw new Fault("input.malformed", `${text.slice(0, 100)}: sha256: and 64 hexadecimal digits`);
  return { kind: digest === undefined ? "key" : "digest", digest: parsed };
}

function instantOf(option: string, text: string): UnixMs {
  const at = parseRfc3339(text);
  if (at === undefined)
    throw new Fault("input.malformed", `${option} ${text.slice(0, 40)}: as in 2026-11-22T02:00:00Z`);
  return at;
}

function toJson({ name, what, since, until, reason, by, at, withdrawn }: DenyRule) {
  return {
    name,
    what: { ...what },
    since: orNull(since),
    until: orNull(until),
    reason,
    by,
    at: orNull(at),
    withdrawn: withdrawn ?? null,
  };
}

function orNull(at: UnixMs | undefined): string | null {
  return at === undefined ? null : renderRfc3339(at);
}

function renderRule({ name, what, since, until, reason, by, withdrawn }: DenyRule): string {
  const whom = what.kind === "identity" ? `${what.san} of ${what.issuer}` : `${what.kind} ${what.digest}`;
  const period = [
    ...(since === undefined ? [] : [`from ${renderRfc3339(since)}`]),
    ...(until === undefined ? [] : [`until ${renderRfc3339(until)}`]),
  ].map((part) => ` ${part}`);
  const leaving = withdrawn === undefined ? "" : `, withdrawn by ${withdrawn}`;
  return visible(`${name} ${whom}${period.join("")}: ${reason} (${by}${leaving})`);
}

function renderDone(done: Done): string {
  if (done.kind === "refused") return `refused: ${visible(done.message)}\n`;
  const next =
    done.kind === "withdrawn" ? `it holds until somebody else runs: countersign deny remove ${done.rule.name}\n` : "";
  return `${done.kind} ${renderRule(done.rule)}\n${next}`;
}
