import type { Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor, type Paint } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import type { WebhookAddress, WebhookQuestion } from "../../app/webhook/ask-webhook.ts";
import { parseDigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { readFields, type FieldReader } from "../../core/pipelines/field-reader.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { UnixMs } from "../../core/time.ts";
import { collect, commandOf, CONNECTION, optionOf, outputOption } from "./command.ts";

/** Asks the admin port of a webhook; loaded when the command runs. */
export type AskWebhook = (address: WebhookAddress, asked: WebhookQuestion, signal: AbortSignal) => Promise<JsonObject>;
const askReal: AskWebhook = async (...asked) => (await import("../../app/webhook/ask-webhook.ts")).askWebhook(...asked);

type Options = {
  readonly webhook?: readonly string[];
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly output: Format;
};

const LOCAL = "http://127.0.0.1:8081";

/** `countersign admit status`: is the webhook well, and by what does it judge? */
export function statusCommand(io: Io, ask: AskWebhook = askReal): Command {
  const command = commandOf("status", {
    sentence: "Shows a running webhook: its policy, certificate, cache, and what last went wrong.",
    examples: [
      "kubectl -n countersign port-forward deploy/countersign-webhook 8081 & countersign admit status",
      "countersign admit status --webhook https://10.0.0.7:8081 --ca-file ca.crt --token-file token",
      "countersign admit status -o json",
    ],
    exits: [0, 1, 3, 4],
    seeAlso: ["countersign admit retry", "countersign doctor"],
  });
  return withAddress(command)
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (options: Options) => {
      const items: Shown[] = [];
      for (const address of addressesOf(options)) {
        // oxlint-disable-next-line no-await-in-loop -- one replica after the other, in the order given
        const status = await ask(address, { path: "/status" }, io.signal);
        items.push({ address: address.url, status, problems: problemsOf(status, io.now()) });
      }
      if (items.some(({ problems }) => problems.length > 0)) io.exit(1);
      const paint = paintFor(io, io.outTerminal);
      await emit(io, options.output, {
        json: { items: items.map(({ address, status, problems }) => ({ webhook: address, ...status, problems })) },
        text: () => items.map((item) => renderStatus(item, paint)).join("\n"),
      });
    });
}

/** `countersign admit retry`: the image is signed now, and nobody wants to wait. */
export function retryCommand(io: Io, ask: AskWebhook = askReal): Command {
  const command = commandOf("retry", {
    sentence: "Makes a webhook forget what it knows of a digest, so that the next pod is judged anew.",
    examples: [
      "countersign admit retry sha256:9b1f...",
      "countersign admit retry sha256:9b1f... --webhook http://127.0.0.1:8081 --webhook http://127.0.0.1:8082",
      "countersign admit retry sha256:9b1f... -o json",
    ],
    exits: [0, 3, 4],
    seeAlso: ["countersign admit status", "countersign admit test"],
  }).argument("<digest>", "sha256: and 64 hexadecimal digits");
  return withAddress(command)
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (digest: string, options: Options) => {
      if (!parseDigestRef(digest)) throw new Fault("input.malformed", `${digest}: sha256: and 64 hexadecimal digits`);
      const items: { readonly webhook: string; readonly forgotten: number | null }[] = [];
      for (const address of addressesOf(options)) {
        // oxlint-disable-next-line no-await-in-loop -- one replica after the other, in the order given
        const { forgotten } = await ask(address, { path: "/forget", digest }, io.signal);
        items.push({ webhook: address.url, forgotten: typeof forgotten === "number" ? forgotten : null });
      }
      const shown = items.map(({ webhook, forgotten }) => `${webhook}: ${forgotten ?? "?"} verdicts forgotten\n`);
      await emit(io, options.output, { json: { digest, items }, text: () => shown.join("") });
    });
}

function withAddress(command: Command): Command {
  return command
    .addOption(
      optionOf(CONNECTION, "--webhook <url>", `its --admin-listen; repeatable, one a replica (${LOCAL})`).argParser(
        collect,
      ),
    )
    .addOption(optionOf(CONNECTION, "--token-file <file>", "a token of `auth` of its configuration"))
    .addOption(optionOf(CONNECTION, "--ca-file <file>", "PEM, of the authority of its certificate"));
}

function addressesOf({ webhook = [LOCAL], tokenFile, caFile }: Options): readonly WebhookAddress[] {
  return webhook.map((url) => ({ url, tokenFile, caFile }));
}

const DAY_MS = 86_400_000;
/** A certificate of ninety days is renewed at sixty: one with a week left is one that nobody renews. */
const CERTIFICATE_MS_MIN = 7 * DAY_MS;

/** What a person has to do something about. What the answer does not say is not taken for good. */
function problemsOf(status: JsonObject, now: UnixMs): readonly string[] {
  const fields = readFields(status, []);
  const ends = fields.at("certificate").time("notAfter");
  const missing = Array.isArray(status["missingRoots"])
    ? status["missingRoots"].map((name) => JSON.stringify(name))
    : [];
  const expired = fields.items("roots").filter((root) => root.flag("expired"));
  return [
    ...(fields.flag("ready")
      ? []
      : ["no policy, or no register of deny rules, is loaded: everything in scope is denied"]),
    ...missing.map((name) => `the trusted root ${name} could not be had: nothing under it is satisfied`),
    ...failureOf(fields.at("policyFailure"), "the newest policy is not in force"),
    ...failureOf(fields.at("certificateFailure"), "the certificate could not be renewed"),
    ...expired.map((root) => `the trusted root ${root.text("name") ?? ""} has expired`),
    ...(ends !== undefined && ends - now > CERTIFICATE_MS_MIN ? [] : ["the certificate ends within a week"]),
  ];
}

function failureOf(failure: FieldReader, what: string): readonly string[] {
  if (!failure.present) return [];
  return [
    `${what} since ${failure.text("since") ?? "?"}: ${failure.text("fault") ?? ""} ${failure.text("about") ?? ""}`,
  ];
}

function text(reader: FieldReader, key: string): string {
  return visible(reader.text(key) ?? "-");
}

type Shown = { readonly address: string; readonly status: JsonObject; readonly problems: readonly string[] };

function renderStatus({ address, status, problems }: Shown, paint: Paint): string {
  const fields = readFields(status, []);
  const policy = fields.at("policy");
  const glasses = policy.items("breakGlass").map((glass) => `${text(glass, "name")} until ${text(glass, "ends")}`);
  const faults = fields.items("faults").map((fault) => {
    const about = [text(fault, "event"), text(fault, "fault"), text(fault, "about")].join(" ");
    return `  ${text(fault, "at")} ${about}`;
  });
  const lines = [
    `${paint.symbol(problems.length === 0 ? "ok" : "finding")} ${visible(address)} ${text(fields, "version")}, since ${text(fields, "startedAt")}`,
    ...(policy.present
      ? [
          `  policy      ${text(policy, "name")} r${policy.count("revision") ?? "-"}, loaded ${text(policy, "loadedAt")}, ${policy.count("families") ?? 0} families, ${policy.count("exceptions") ?? 0} exceptions`,
        ]
      : []),
    ...(glasses.length > 0 ? [`  break glass ${glasses.join("; ")}`] : []),
    `  certificate until ${text(fields.at("certificate"), "notAfter")}`,
    `  cache       ${fields.at("cache").count("verdicts") ?? 0} verdicts`,
    ...problems.map((problem) => `  ${paint.symbol("finding")} ${visible(problem)}`),
    ...(faults.length > 0 ? ["last faults", ...faults] : []),
  ];
  return `${lines.join("\n")}\n`;
}
