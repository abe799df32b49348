import type { Command } from "commander";
import { exitCodeOf } from "../../app/exit.ts";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { visible } from "../../app/output/visible.ts";
import { readInput } from "../../app/read-input.ts";
import {
  failurePolicyFor,
  renderRegistrations,
  TIMEOUT_SECONDS,
  type RegistrationOptions,
} from "../../app/webhook/registration.ts";
import type { ObjectTest, TestedObject } from "../../app/webhook/test-object.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { ReviewVerdict } from "../../core/policy/review-verdict.ts";
import { fail, pass, unknown, type Verdict } from "../../core/verdict.ts";
import { commandOf, configOption, INPUT, optionOf, OUTPUT, outputOption } from "./command.ts";
import { breakGlassCommand } from "./admit-break-glass.ts";
import { failurePolicyCommand } from "./admit-failure-policy.ts";
import { retryCommand, statusCommand } from "./admit-status.ts";
import { openWhole } from "./open-policy.ts";

/** Judges an object as the webhook would; loaded when the command runs. */
export type TestObject = (test: ObjectTest) => Promise<TestedObject>;
const testReal: TestObject = async (test) => (await import("../../app/webhook/test-object.ts")).testObject(test);

/** `countersign admit`: the webhook that guards a cluster, seen from outside it. */
export function command(io: Io, judge: TestObject = testReal): Command {
  return commandOf("admit", {
    sentence: "Tries a workload as the webhook would, registers the webhook, and operates it.",
    examples: [
      "countersign admit test --object deployment.yaml",
      "countersign admit render --policy policies/",
      "countersign admit status",
    ],
    exits: [0, 1, 3, 4],
  })
    .addCommand(testCommand(io, judge))
    .addCommand(renderCommand(io))
    .addCommand(statusCommand(io))
    .addCommand(retryCommand(io))
    .addCommand(breakGlassCommand(io))
    .addCommand(failurePolicyCommand(io));
}

type TestOptions = {
  readonly object: string;
  readonly namespace?: string;
  readonly cluster?: string;
  readonly policy?: string;
  readonly config?: string;
  readonly output: Format;
};

const OBJECT_BYTES_MAX = 4 * 1024 * 1024;

function testCommand(io: Io, judge: TestObject): Command {
  return commandOf("test", {
    sentence: "Judges a workload as the webhook would if it were created now.",
    examples: [
      "countersign admit test --object deployment.yaml --namespace payments",
      "countersign admit test --object pod.yaml --policy policies/ -o json",
      "countersign admit test --object review.json",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign policy test", "countersign admit render"],
  })
    .addOption(optionOf(INPUT, "--object <file>", "a workload, or an AdmissionReview").makeOptionMandatory())
    .addOption(optionOf(INPUT, "--namespace <name>", "where it would run, instead of what the object says"))
    .addOption(optionOf(INPUT, "--cluster <name>", "the cluster, for exceptions"))
    .addOption(optionOf(INPUT, "--policy <path>", "a policy file or folder, instead of policy.file"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async ({ output, ...options }: TestOptions) => {
      const { object: file, namespace, cluster, policy, config } = options;
      const bytes = await readInput(file, OBJECT_BYTES_MAX);
      const tested = await judge({ bytes, file, namespace, cluster, policy, config, env: io.env });
      io.exit(exitCodeOf(verdictOf(tested.verdict)));
      const { verdict, warnings, denial = null } = tested;
      await emit(io, output, {
        json: { verdict: structuredClone(verdict), warnings, denial },
        text: () => renderTested(tested),
      });
    });
}

/** What could not be found out is no "no", here as in a cluster's own words. */
function verdictOf({ allowed, images }: ReviewVerdict): Verdict<"refused"> {
  if (allowed) return pass;
  const isOpen = images.every(({ outcome }) => outcome !== "denied");
  return isOpen ? unknown("evidence", "not everything could be looked at") : fail("refused", "an image is not allowed");
}

function renderTested({ verdict, denial, warnings }: TestedObject): string {
  const images = verdict.images.map(({ given, outcome, code }) => `  ${outcome.padEnd(10)} ${visible(given)}: ${code}`);
  const lines = [verdict.allowed ? "allowed" : "denied", ...images, ...warnings.map((text) => `  ! ${text}`)];
  return `${[...lines, ...(denial === undefined ? [] : ["", denial])].join("\n")}\n`;
}

type RenderOptions = {
  readonly namespace: string;
  readonly service: string;
  readonly url?: string;
  readonly caFile?: string;
  readonly platform: RegistrationOptions["platform"];
  readonly policy?: string;
  readonly output: Format;
  readonly config?: string;
};

const CA_BYTES_MAX = 64 * 1024;

function renderCommand(io: Io): Command {
  return commandOf("render", {
    sentence: "Prints the webhook registrations for an API server.",
    examples: [
      "countersign admit render --ca-file tls/ca.crt | kubectl apply -f -",
      "countersign admit render --platform openshift --policy policies/",
      "countersign admit render --url https://localhost:8443 --ca-file tls/ca.crt -o json",
    ],
    exits: [0],
    seeAlso: ["countersign admit test"],
  })
    .addOption(optionOf(INPUT, "--namespace <name>", "where the webhook runs; it is left out").default("countersign"))
    .addOption(optionOf(INPUT, "--service <name>", "its Service").default("countersign-webhook"))
    .addOption(optionOf(INPUT, "--url <url>", "its address instead, for an API server outside the cluster"))
    .addOption(optionOf(INPUT, "--ca-file <file>", "PEM, for caBundle; without it somebody else writes it"))
    .addOption(
      optionOf(INPUT, "--platform <name>", "what the cluster is")
        .choices(["kubernetes", "openshift"])
        .default("kubernetes"),
    )
    .addOption(optionOf(INPUT, "--policy <path>", "take exemptions and the failure policy from here"))
    .addOption(optionOf(OUTPUT, "-o, --output <format>", "how it is printed").choices(["yaml", "json"]).default("yaml"))
    .addOption(configOption())
    .action(async ({ output, caFile, policy: path, config, url, ...options }: RenderOptions) => {
      const policy = path === undefined ? undefined : (await openWhole(io, [path], { config })).policy;
      const caBundle = caFile === undefined ? undefined : parseUtf8(await readInput(caFile, CA_BYTES_MAX));
      const items = renderRegistrations({
        ...options,
        ...(url !== undefined && { url }),
        ...(caBundle !== undefined && { caBundle }),
        failurePolicy: policy ? failurePolicyFor(policy) : "Fail",
        timeoutSeconds: TIMEOUT_SECONDS,
        exempt: policy?.enforcement.exempt.flatMap(({ match }) => match) ?? [],
      });
      await emit(io, output, { json: { apiVersion: "v1", kind: "List", items } });
    });
}
