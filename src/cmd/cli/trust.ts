import type { Command } from "commander";
import type { Io } from "../../app/io.ts";
import { emit, type Format } from "../../app/output/emit.ts";
import { paintFor, type Paint } from "../../app/output/paint.ts";
import { visible } from "../../app/output/visible.ts";
import type { DomainNow } from "../../app/wiring/trust.ts";
import { toHex } from "../../core/bytes/hex.ts";
import { parseSha256Hex } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { TrustedRoot } from "../../core/trust/trusted-root.ts";
import { commandOf, configOption, INPUT, optionOf, OUTPUT, outputOption } from "./command.ts";

/** What the commands do; loaded when one runs. */
const wiring = () => import("../../app/wiring/trust.ts");

type Options = { readonly config?: string; readonly output: Format };

/** `countersign trust`: what is trusted, and how it is carried to where nothing can be fetched. */
export function command(io: Io): Command {
  return commandOf("trust", {
    sentence: "Shows the roots of trust domains, and carries them to places without a network.",
    examples: [
      "countersign trust list",
      "countersign trust export private --out private.tar",
      "countersign trust import private.tar --sha256 9b1f... --out roots/",
    ],
    exits: [0, 1, 3],
  })
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(importCommand(io));
}

function listCommand(io: Io): Command {
  return commandOf("list", {
    sentence: "Lists the trust domains, where their roots come from, and whether they can be had.",
    examples: [
      "countersign trust list",
      "countersign trust list -o json",
      "countersign trust list --config countersign.yaml",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign trust show", "countersign doctor"],
  })
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (options: Options) => {
      const domains = await (await wiring()).readDomains(setupOf(io, options));
      askExits(io, domains);
      const paint = paintFor(io, io.outTerminal);
      await emit(io, options.output, {
        json: { items: domains.map(toJson) },
        text: () => domains.map((domain) => lineOf(domain, paint)).join("") || "no trust domain is configured\n",
      });
    });
}

function showCommand(io: Io): Command {
  return commandOf("show", {
    sentence: "Shows what one trust domain trusts: authorities, logs and timestamps, with their times.",
    examples: [
      "countersign trust show private",
      "countersign trust show sigstore-public -o json",
      "countersign trust show private --config countersign.yaml",
    ],
    exits: [0, 1, 3],
    seeAlso: ["countersign trust list", "countersign trust export"],
  })
    .argument("<domain>", "a name of trust.domains")
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (name: string, options: Options) => {
      const domains = await (await wiring()).readDomains(setupOf(io, options));
      const domain = domains.find((known) => known.name === name);
      if (!domain) throw new Fault("input.unknown", `trust.domains: no "${name}"`);
      if (domain.fault) throw domain.fault;
      askExits(io, [domain]);
      const instances = domain.root ? instancesOf(domain.root) : [];
      const paint = paintFor(io, io.outTerminal);
      await emit(io, options.output, {
        json: { ...toJson(domain), instances: instances.map((instance) => ({ ...instance })) },
        text: () => lineOf(domain, paint) + instances.map(renderInstance).join(""),
      });
    });
}

function exportCommand(io: Io): Command {
  return commandOf("export", {
    sentence: "Writes the documents of one trust domain as a file to carry to a place without a network.",
    examples: [
      "countersign trust export private --out private.tar",
      "countersign trust export sigstore-public --out public.tar -o json",
      "countersign trust export private --out private.tar --config countersign.yaml",
    ],
    exits: [0, 3],
    seeAlso: ["countersign trust import"],
  })
    .argument("<domain>", "a name of trust.domains")
    .addOption(optionOf(OUTPUT, "--out <file>", "where to write it").makeOptionMandatory())
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (domain: string, options: Options & { readonly out: string }) => {
      const written = await (await wiring()).exportTrust(setupOf(io, options), domain, options.out);
      const { file, bytes, sha256 } = written;
      await emit(io, options.output, {
        json: { ...written },
        text: () =>
          `wrote ${visible(file)}, ${bytes} bytes\nsha256 ${sha256}\nsay this digest to whoever imports it, by another way than the file\n`,
      });
    });
}

type ImportOptions = Options & { readonly out: string; readonly sha256: string; readonly replace?: true };

function importCommand(io: Io): Command {
  return commandOf("import", {
    sentence: "Takes a file of `trust export`, verifies it, and lays its root down for a configuration to pin.",
    examples: [
      "countersign trust import private.tar --sha256 9b1f... --out roots/",
      "countersign trust import private.tar --sha256 9b1f... --out roots/ --replace",
      "countersign trust import private.tar --sha256 9b1f... --out roots/ -o json",
    ],
    exits: [0, 3],
    seeAlso: ["countersign trust export", "countersign config check"],
  })
    .argument("<file>", "what `trust export` wrote")
    .addOption(optionOf(INPUT, "--sha256 <hex>", "what its maker says it is").makeOptionMandatory())
    .addOption(optionOf(OUTPUT, "--out <folder>", "a folder for each domain is made below it").makeOptionMandatory())
    .addOption(optionOf(OUTPUT, "--replace", "put this root in the place of another of the same domain"))
    .addOption(outputOption<Format>(["text", "json"]))
    .addOption(configOption())
    .action(async (file: string, options: ImportOptions) => {
      if (!parseSha256Hex(options.sha256))
        throw new Fault("input.malformed", "--sha256: 64 lower-case hexadecimal digits");
      const { out, sha256: digest, replace = false } = options;
      const imported = await (await wiring()).importTrust(setupOf(io, options), { file, sha256: digest, out, replace });
      const { archive, trustedRootFile, sha256, signingConfigFile = null } = imported;
      const { domain, asOf } = archive;
      const root = { file: { trustedRootFile, sha256 } };
      await emit(io, options.output, {
        json: { domain, asOf: renderRfc3339(asOf), root, signingConfigFile },
        text: () =>
          `${domain}, as of ${renderRfc3339(asOf)}; for the configuration:\n` +
          `trust: {domains: [{name: ${domain}, root: {file: {trustedRootFile: ${JSON.stringify(trustedRootFile)}, sha256: "${sha256}"}}}]}\n`,
      });
    });
}

function setupOf(io: Io, { config }: Options) {
  return { env: io.env, config, signal: io.signal };
}

/** What cannot be had is undecided; what has expired is a finding. */
function askExits(io: Io, domains: readonly DomainNow[]): void {
  if (domains.some(({ fault }) => fault)) io.exit(3);
  if (domains.some(({ material }) => material?.state === "expired")) io.exit(1);
}

function toJson({ name, source, material, root, fault }: DomainNow) {
  return {
    name,
    source,
    state: material?.state ?? "unknown",
    reason: fault ? `${fault.id}: ${fault.subject}` : (material?.reason ?? ""),
    trustId: root ? toHex(root.trustId) : null,
  };
}

function lineOf(domain: DomainNow, paint: Paint): string {
  const { name, source, state, reason, trustId } = toJson(domain);
  const symbol = state === "fresh" ? "ok" : state === "expired" ? "finding" : "undecided";
  const why = reason === "" ? "" : `: ${reason}`;
  const root = trustId === null ? "" : `, root ${trustId.slice(0, 16)}`;
  return `${paint.symbol(symbol)} ${visible(`${name} ${state}${why} (${source}${root})`)}\n`;
}

type Instance = { readonly kind: string; readonly uri: string; readonly from: string; readonly to: string | null };

function instancesOf({
  tlogs,
  certificateAuthorities,
  ctlogs,
  timestampAuthorities,
}: TrustedRoot): readonly Instance[] {
  return [
    ...certificateAuthorities.map(({ uri, validFor }) => instanceOf("ca", uri, validFor)),
    ...ctlogs.map(({ baseUrl, validFor }) => instanceOf("ct log", baseUrl, validFor)),
    ...tlogs.map(({ baseUrl, validFor }) => instanceOf("log", baseUrl, validFor)),
    ...timestampAuthorities.map(({ uri, validFor }) => instanceOf("tsa", uri, validFor)),
  ];
}

function instanceOf(kind: string, uri: string, { lo, hi }: TrustedRoot["tlogs"][number]["validFor"]): Instance {
  return { kind, uri, from: renderRfc3339(lo), to: hi === undefined ? null : renderRfc3339(hi) };
}

function renderInstance({ kind, uri, from, to }: Instance): string {
  return `  ${kind.padEnd(6)} ${visible(uri)} from ${from}${to === null ? "" : ` to ${to}`}\n`;
}
