import { Argument, type Command } from "commander";
import type { EventItem } from "../../app/http/contract.ts";
import type { Io } from "../../app/io.ts";
import { describeEvent } from "../../app/look/describe-event.ts";
import { listEvents, type EventListRequest } from "../../app/look/list-events.ts";
import type { Look } from "../../app/look/look.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import type { Table } from "../../app/output/table.ts";
import { visible } from "../../app/output/visible.ts";
import { GRADES } from "../../core/correlate/correlation.ts";
import { parseDigestRef, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { renderRfc3339 } from "../../core/time.ts";
import { commandOf, INPUT, optionOf, outputOption, wholeNumber } from "./command.ts";
import {
  openReal,
  readIdentity,
  readPeriod,
  withInstallation,
  withLook,
  withLookOptions,
  type LookOptions,
  type OpenLook,
} from "./look-options.ts";

type ListOptions = LookOptions & {
  readonly output: Format;
  readonly identity?: string;
  readonly issuer?: string;
  readonly digest?: string;
  readonly log?: string;
  readonly grade?: string;
  readonly expected?: "yes" | "no";
  readonly limit: number;
  readonly cursor?: string;
};

/** `countersign event`: signing events. */
export function command(io: Io, open: OpenLook = openReal): Command {
  return commandOf("event", {
    sentence: "Shows signing events: entries of followed logs, joined to their runs.",
    examples: [
      "countersign event list --since 24h",
      "countersign event list --expected no --grade C,D,none",
      "countersign event get rekor-private/5318",
    ],
    exits: [0, 3],
    seeAlso: ["countersign investigate"],
  })
    .addCommand(listCommand(io, open))
    .addCommand(getCommand(io, open));
}

function listCommand(io: Io, open: OpenLook): Command {
  const built = commandOf("list", {
    sentence: "Lists signing events, newest first, each with its grade and what the policy says.",
    examples: [
      "countersign event list --since 24h",
      "countersign event list --identity ns/payments-prod/sa/builder --grade A",
      "countersign event list --expected no -o json",
    ],
    exits: [0, 3],
    seeAlso: ["countersign investigate"],
  });
  return withLookOptions(built)
    .addOption(optionOf(INPUT, "--identity <who>", "a SAN, or ns/<namespace>/sa/<account>[@cluster]"))
    .addOption(optionOf(INPUT, "--issuer <url>", "the issuer, exactly"))
    .addOption(optionOf(INPUT, "--digest <digest>", "a digest in any part of the event"))
    .addOption(optionOf(INPUT, "--log <name>", "one log"))
    .addOption(optionOf(INPUT, "--grade <grades>", "of the correlation, comma between: A,A-"))
    .addOption(optionOf(INPUT, "--expected <answer>", "what the policy says").choices(["yes", "no"]))
    .addOption(optionOf(INPUT, "--limit <number>", "1 to 500").argParser(wholeNumber(1, 500)).default(50))
    .addOption(optionOf(INPUT, "--cursor <text>", "where the page before ended"))
    .addOption(outputOption<Format>(["table", "json", "jsonl", "csv"]))
    .action(async (options: ListOptions) => {
      await withLook({ io, open, options }, async (look) => {
        await list(io, look, options);
      });
    });
}

async function list(io: Io, look: Look, options: ListOptions): Promise<void> {
  const { items, next } = await listEvents(look, toRequest(io, look, options));
  const grades = options.grade?.split(",") ?? GRADES;
  const shown = items.filter(
    ({ grade, expected }) =>
      grades.includes(grade) && (options.expected === undefined || expected.state === options.expected),
  );
  const json = { items: shown, next: next ?? null, asOf: renderRfc3339(io.now()) };
  await emit(io, options.output, { json, lines: shown, table: tableOf(shown) });
  if (next !== undefined) io.err(`more: --cursor ${next}\n`);
}

function toRequest(io: Io, look: Look, options: ListOptions): EventListRequest {
  const { identity, issuer, digest, log, limit, cursor } = options;
  return {
    ...readPeriod(options, io.now()),
    ...(identity !== undefined && (readIdentity(identity, look.clusters) ?? { san: identity })),
    ...(issuer !== undefined && { issuer }),
    ...(digest !== undefined && { digest: readDigest(digest) }),
    ...(log !== undefined && { log }),
    limit,
    ...(cursor !== undefined && { cursor }),
  };
}

function readDigest(text: string): DigestRef {
  const digest = parseDigestRef(text);
  if (!digest) throw new Fault("input.malformed", `--digest ${text}: sha256: and 64 hexadecimal digits`);
  return digest;
}

function tableOf(rows: readonly EventItem[]): Table<EventItem> {
  return {
    rows,
    columns: [
      { title: "time", cell: ({ eventTime }) => eventTime },
      { title: "event", cell: ({ log, index }) => `${log}/${index}` },
      {
        title: "identity",
        cell: ({ identity, chain }) => (chain === "verified" ? (identity?.text ?? "-") : `(${chain})`),
      },
      {
        title: "artifact",
        cell: ({ artifacts: [first] }) => (first ? `${first.repository}@${first.digest.slice(0, 19)}` : "-"),
      },
      { title: "grade", cell: ({ grade }) => grade },
      { title: "run", cell: ({ run }) => (run ? `${run.namespace}/${run.name}` : "-") },
      { title: "expected", cell: ({ expected }) => expected.state },
    ],
  };
}

function getCommand(io: Io, open: OpenLook): Command {
  const built = commandOf("get", {
    sentence: "Shows one signing event with all that is known around it.",
    examples: [
      "countersign event get rekor-private/5318",
      "countersign event get rekor-private/5318 --policy policies/",
      "countersign event get rekor-private/5318 -o json",
    ],
    exits: [0, 3],
    seeAlso: ["countersign investigate"],
  }).addArgument(new Argument("<event>", "log/index"));
  return withInstallation(built)
    .addOption(outputOption<Format>(["text", "json"]))
    .action(async (ref: string, options: LookOptions & { readonly output: Format }) => {
      await withLook({ io, open, options }, async (look) => {
        const detail = await describeEvent(look, ref, io.now());
        const { body: _, ...shown } = detail;
        await emit(io, options.output, { json: detail, text: () => renderFields(shown) });
      });
    });
}

/** A value as indented `name: value` lines, for reading; JSON is the whole. */
function renderFields(value: unknown, indent = ""): string {
  if (typeof value !== "object" || value === null) return `${indent}${visible(String(value))}\n`;
  const entries = Array.isArray(value) ? value.map((item: unknown) => ["-", item] as const) : Object.entries(value);
  return entries
    .map(([name, item]: readonly [string, unknown]) => {
      const isNested = typeof item === "object" && item !== null && Object.keys(item).length > 0;
      const shown = typeof item === "object" && item !== null ? "-" : visible(String(item));
      return isNested
        ? `${indent}${name}\n${renderFields(item, `${indent}  `)}`
        : `${indent}${name.padEnd(14)} ${shown}\n`;
    })
    .join("");
}
