import { Argument, type Command } from "commander";
import type { ExitCode, Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor, type State } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import type { PolicyTest } from "../../app/wiring/policy-test.ts";
import { Fault } from "../../core/fault.ts";
import type { ImageVerdict, RequirementVerdict, ReviewVerdict } from "../../core/policy/review-verdict.ts";
import { parseRfc3339, type UnixMs } from "../../core/time.ts";
import { collect, commandOf, configOption, INPUT, optionOf, outputOption } from "./command.ts";
import { openWhole } from "./open-policy.ts";

/** Judges images by a policy; loaded when the command runs. */
export type TestPolicy = (of: PolicyTest) => Promise<ReviewVerdict>;
export const testReal: TestPolicy = async (of) => (await import("../../app/wiring/policy-test.ts")).testPolicy(of);

type Options = {
  readonly policy: readonly string[];
  readonly namespace: string;
  readonly cluster: string;
  readonly at?: string;
  readonly output: Format;
  readonly config?: string;
};

/** `countersign policy test`: would this run? */
export function testCommand(io: Io, judge: TestPolicy = testReal): Command {
  return commandOf("test", {
    sentence: "Judges images of a registry by a policy set, as a cluster that asked for them would hear it.",
    examples: [
      "countersign policy test registry.example/team/app:v1 --policy policies/ --namespace team",
      "countersign policy test registry.example/team/app@sha256:… --policy policies/ -o json",
      "countersign policy test registry.example/team/app:v1 --policy policies/ --at 2027-01-01T00:00:00Z",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign verify", "countersign policy check"],
  })
    .addArgument(new Argument("<image...>", "images, by tag or digest"))
    .addOption(
      optionOf(INPUT, "--policy <path>", "a policy file or folder; repeatable")
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .addOption(optionOf(INPUT, "--namespace <name>", "where it would run").default("default"))
    .addOption(optionOf(INPUT, "--cluster <name>", "the cluster, for exceptions").default(""))
    .addOption(optionOf(INPUT, "--at <instant>", "judge as at this time, instead of now"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (images: readonly string[], options: Options) => {
      const documents = await openWhole(io, options.policy, options);
      const { namespace, cluster, config } = options;
      const of = { documents, images, namespace, cluster, now: readInstant(io, options.at), env: io.env, config };
      const verdict = await judge(of);
      for (const { outcome } of verdict.images) io.exit(exitOfImage(outcome));
      await emit(io, options.output, {
        json: structuredClone(verdict),
        text: () => renderVerdict(io, verdict, namespace),
      });
    });
}

/** `--at`; now, where it is not given. Faults: `input.malformed`. */
export function readInstant(io: Io, text: string | undefined): UnixMs {
  if (text === undefined) return io.now();
  const at = parseRfc3339(text);
  if (at === undefined) throw new Fault("input.malformed", `--at ${text}: not an instant such as 2027-01-01T00:00:00Z`);
  return at;
}

const EXIT_OF = {
  satisfied: 0,
  unchanged: 0,
  exempt: 0,
  excepted: 0,
  "broken-glass": 0,
  denied: 1,
  unknown: 3,
} as const;
/** What a command leaves with for an image. */
export function exitOfImage(outcome: ImageVerdict["outcome"]): ExitCode {
  return EXIT_OF[outcome];
}

const SYMBOL_OF: Readonly<Record<RequirementVerdict["state"], State>> = {
  pass: "ok",
  fail: "finding",
  unknown: "undecided",
};

function renderVerdict(io: Io, { images, mode }: ReviewVerdict, namespace: string): string {
  const audit = mode === "audit" ? `namespace ${visible(namespace)} is in audit: all of these would be let in\n` : "";
  return `${renderImages(io, images)}${audit}`;
}

/** Each image with what its family asks, and what of that holds. */
export function renderImages(io: Io, images: readonly ImageVerdict[]): string {
  const paint = paintFor(io, io.outTerminal);
  return images.map((image) => renderImage(image, paint)).join("");
}

function renderImage(image: ImageVerdict, paint: ReturnType<typeof paintFor>): string {
  const state = EXIT_OF[image.outcome] === 0 ? "ok" : image.outcome === "unknown" ? "undecided" : "finding";
  const family = image.family === undefined ? "" : ` (family ${image.family})`;
  const head = `${paint.symbol(state)} ${image.outcome} ${visible(image.given)}${family}: ${image.code}\n`;
  return `${head}${image.require ? renderRequire(image.require, paint, "  ") : ""}`;
}

function renderRequire(require: RequirementVerdict, paint: ReturnType<typeof paintFor>, indent: string): string {
  const symbol = paint.symbol(SYMBOL_OF[require.state]);
  if (require.op !== "term") {
    const count = require.n === undefined ? require.op : `at least ${require.n}`;
    return `${indent}${symbol} ${count}\n${require.of.map((part) => renderRequire(part, paint, `${indent}  `)).join("")}`;
  }
  const why = require.nearest === undefined ? "" : `: ${require.nearest}`;
  const reasons = require.state === "pass" ? [] : require.candidates.flatMap(({ reasons: told }) => told);
  const lines = reasons.slice(0, 5).map(({ code, detail }) => `${indent}    ${code}: ${visible(detail)}\n`);
  return `${indent}${symbol} ${visible(require.term)}${why}\n${lines.join("")}`;
}
