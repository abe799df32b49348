import { Argument, type Command } from "commander";
import type { Io } from "../../app/io.ts";
import { visible } from "../../app/output/visible.ts";
import type { ChangedRegister } from "../../app/register/change-register.ts";
import { writeOutput } from "../../app/write-output.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { REGISTER_FAMILIES } from "../../core/gate/identity/register.ts";
import { parseServiceAccountSan } from "../../core/identity/identity.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../core/time.ts";
import { collect, commandOf, INPUT, OUTPUT, optionOf, outputOption } from "./command.ts";

type Format = "patch" | "yaml" | "json";
type Common = { readonly file: string; readonly write?: boolean; readonly output: Format };
type RegisterOptions = Common & {
  readonly issuer: string;
  readonly owner: string;
  readonly image: readonly string[];
  readonly family?: readonly string[];
  readonly id?: string;
  readonly cluster?: string;
  readonly root?: string;
  readonly reviewBy?: string;
  readonly reason?: string;
};
type RetireOptions = Common & { readonly reason: string; readonly revoke?: boolean };

/** Where the gate looks for the register. */
const FILE = ".countersign/identities.yaml";
const LIFE_MS = 365 * 86_400_000;

/** `countersign identity register`: an entry for the register, as a change to review. */
export function registerCommand(io: Io): Command {
  const built = commandOf("register", {
    sentence: "Writes an identity into the register, as a patch to review; the cluster is not touched.",
    examples: [
      "countersign identity register https://kubernetes.io/namespaces/pay/serviceaccounts/builder --issuer https://kubernetes.default.svc --owner team-pay --image 'registry.example/pay/**'",
      "countersign identity register … --review-by 2027-03-02 --write",
      "countersign identity register … | git apply",
    ],
    exits: [0, 1],
    seeAlso: ["countersign identity retire", "countersign gate check"],
  })
    .addArgument(new Argument("<san>", "the name in its certificates, exact"))
    .addOption(optionOf(INPUT, "--issuer <url>", "the issuer of its tokens, exact").makeOptionMandatory())
    .addOption(optionOf(INPUT, "--owner <name>", "the team that answers for it").makeOptionMandatory())
    .addOption(
      optionOf(INPUT, "--image <pattern>", "images that it may sign; repeatable")
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .addOption(
      optionOf(
        INPUT,
        "--family <kind>",
        `what it may sign: ${REGISTER_FAMILIES.join(", ")}; repeatable, image unless given`,
      ).argParser(collect),
    )
    .addOption(optionOf(INPUT, "--id <id>", "name of the entry, instead of one made of the SAN"))
    .addOption(optionOf(INPUT, "--cluster <name>", "the cluster of its service account"))
    .addOption(optionOf(INPUT, "--root <alias>", "the trust root of its certificates"))
    .addOption(
      optionOf(INPUT, "--review-by <date>", "when the entry ends; in a year unless given, at most 400 days away"),
    )
    .addOption(optionOf(INPUT, "--reason <text>", "why, for the reader of the register"));
  return withCommon(built).action(async (san: string, options: RegisterOptions) => {
    const { changeRegister } = await import("../../app/register/change-register.ts");
    const entry = toEntry(san, options, io.now());
    await show(io, options, await changeRegister(options.file, { kind: "add", entry }));
  });
}

/** `countersign identity retire`: no new use of an identity, or no use at all. */
export function retireCommand(io: Io): Command {
  const built = commandOf("retire", {
    sentence: "Retires an identity in the register, as a patch to review: no new use, or with --revoke none at all.",
    examples: [
      "countersign identity retire pay-builder --reason 'moved to pay-signer'",
      "countersign identity retire pay-builder --reason 'token was seen in a log' --revoke --write",
      "countersign identity retire pay-builder --reason 'team is gone' | git apply",
    ],
    exits: [0, 1],
    seeAlso: ["countersign identity register", "countersign gate check"],
  })
    .addArgument(new Argument("<id>", "the entry"))
    .addOption(optionOf(INPUT, "--reason <text>", "why, for the reader of the register").makeOptionMandatory())
    .addOption(optionOf(INPUT, "--revoke", "it may not sign any more, from when the change is in"));
  return withCommon(built).action(async (id: string, options: RetireOptions) => {
    const { changeRegister } = await import("../../app/register/change-register.ts");
    const members = { state: options.revoke === true ? "revoked" : "retiring", reason: options.reason };
    await show(io, options, await changeRegister(options.file, { kind: "set", id, members }));
  });
}

function withCommon(built: Command): Command {
  return built
    .addOption(optionOf(INPUT, "--file <file>", "the register").default(FILE))
    .addOption(optionOf(OUTPUT, "--write", "change the file, and print nothing"))
    .addOption(outputOption<Format>(["patch", "yaml", "json"]));
}

async function show(io: Io, { file, write, output }: Common, changed: ChangedRegister): Promise<void> {
  const { text, patch, findings } = changed;
  for (const { code, says } of findings) io.err(`${code} ${visible(says)}\n`);
  if (findings.some(({ isError }) => isError)) io.exit(1);
  if (write === true) await writeOutput(file, toUtf8(text));
  else if (output === "json") io.out(`${JSON.stringify({ file, patch, findings, text }, undefined, 2)}\n`);
  else io.out(output === "yaml" ? text : patch);
}

function toEntry(san: string, options: RegisterOptions, now: UnixMs): JsonObject {
  const account = parseServiceAccountSan(san);
  const { cluster, root, reason, reviewBy } = options;
  return {
    id: options.id ?? idOf(san),
    owner: options.owner,
    issuer: options.issuer,
    san,
    ...(account &&
      cluster !== undefined && {
        workload: { cluster, namespace: account.namespace, serviceAccount: account.serviceAccount },
      }),
    ...(root !== undefined && { root }),
    families: options.family ?? ["image"],
    images: options.image,
    created: dateOf(now),
    expires: reviewBy ?? dateOf(addMs(now, LIFE_MS)),
    state: "active",
    ...(reason !== undefined && { reason }),
  };
}

function dateOf(at: UnixMs): string {
  return renderRfc3339(at).slice(0, 10);
}

/** `pay-builder` of a service account; else what is left of the SAN. */
function idOf(san: string): string {
  const account = parseServiceAccountSan(san);
  const text = account ? `${account.namespace}-${account.serviceAccount}` : san.replace(/^[a-z]+:\/\//, "");
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63);
}
