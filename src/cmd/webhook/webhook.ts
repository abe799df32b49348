import type { Command } from "commander";
import type { Config } from "../../app/config/config.ts";
import { readConfig } from "../../app/config/read.ts";
import { parseListen } from "../../app/config/units.ts";
import type { Io } from "../../app/io.ts";
import { GATE_MODES, type GateMode } from "../../app/webhook/gate-mode.ts";
import type { WebhookRun } from "../../app/webhook/run-webhook.ts";
import { filedCertificate, ownCertificate, type CertificateSource } from "../../app/webhook/serving-certificate.ts";
import { Fault } from "../../core/fault.ts";
import { collect, commandOf, configOption, CONNECTION, INPUT, optionOf, TRUST } from "../cli/command.ts";

/** Serves until told to stop; loaded when the command runs. */
export type RunWebhook = (io: Io, config: Config, run: WebhookRun) => Promise<void>;
const runReal: RunWebhook = async (io, config, run) =>
  (await import("../../app/webhook/run-webhook.ts")).runWebhook(io, config, run);

type Options = {
  readonly config?: string;
  readonly policy?: string;
  readonly denyRules?: string;
  readonly requireSignedPolicy?: string;
  readonly issuer?: string;
  readonly placement?: string;
  readonly cluster?: string;
  readonly namespace: string;
  readonly pinTemplates?: true;
  readonly gatePolicy?: GateMode;
  readonly listen: string;
  readonly healthListen: string;
  readonly adminListen: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly certDir?: string;
  readonly name?: readonly string[];
};

/** `countersign webhook`, of the webhook's own process: admission, and nothing else. */
export function command(io: Io, run: RunWebhook = runReal): Command {
  return commandOf("webhook", {
    sentence: "Answers the API server about the images that are to run.",
    examples: [
      "countersign-webhook --policy /policy --cert-file /tls/tls.crt --key-file /tls/tls.key",
      "countersign-webhook --policy policy.yaml --cert-dir ./tls --name localhost --listen 127.0.0.1:8443",
    ],
    exits: [0, 3],
    seeAlso: ["countersign admit render", "countersign admit test"],
  })
    .addOption(optionOf(INPUT, "--policy <path>", "a file of trust policies, or a folder; instead of policy.file"))
    .addOption(optionOf(TRUST, "--require-signed-policy <san>", "who must have signed the policy, exactly"))
    .addOption(optionOf(TRUST, "--issuer <url>", "the issuer of that identity, exactly"))
    .addOption(optionOf(TRUST, "--placement <name>", "the trust domain to judge that signature by"))
    .addOption(
      optionOf(
        INPUT,
        "--deny-rules <path>",
        "a register of deny rules, a file or a folder; configmap: that of the cluster; instead of policy.denyRules",
      ),
    )
    .addOption(optionOf(INPUT, "--cluster <name>", "the cluster that asks; exceptions are for named clusters"))
    .addOption(optionOf(INPUT, "--namespace <name>", "where this webhook runs; not judged").default("countersign"))
    .addOption(optionOf(INPUT, "--pin-templates", "put digests into templates, too, and not only into pods"))
    .addOption(
      optionOf(
        INPUT,
        "--gate-policy <mode>",
        "hold changes of the ConfigMap trust-policy against what stands: warn, or refuse",
      ).choices(GATE_MODES),
    )
    .addOption(optionOf(CONNECTION, "--listen <host:port>", "for the API server, with TLS").default("0.0.0.0:8443"))
    .addOption(optionOf(CONNECTION, "--health-listen <host:port>", "probes and metrics").default("0.0.0.0:8080"))
    .addOption(
      optionOf(
        CONNECTION,
        "--admin-listen <host:port>",
        "for `admit status`; beyond loopback with TLS and auth",
      ).default("127.0.0.1:8081"),
    )
    .addOption(optionOf(CONNECTION, "--cert-file <file>", "PEM, renewed by somebody else; read again as it changes"))
    .addOption(optionOf(CONNECTION, "--key-file <file>", "PEM, of --cert-file"))
    .addOption(
      optionOf(CONNECTION, "--cert-dir <folder>", "instead: keep an authority and certificates of our own here"),
    )
    .addOption(optionOf(CONNECTION, "--name <name>", "in our own certificate; repeatable").argParser(collect))
    .addOption(configOption())
    .action(async (options: Options) => {
      const config = await readConfig({ env: io.env, file: options.config });
      await run(io, config, {
        ownNamespace: options.namespace,
        pinTemplates: options.pinTemplates === true,
        listen: listenOf("--listen", options.listen),
        healthListen: listenOf("--health-listen", options.healthListen),
        adminListen: listenOf("--admin-listen", options.adminListen),
        certificate: certificateOf(options),
        ...(options.policy !== undefined && { policy: options.policy }),
        ...signerOf(options),
        ...(options.denyRules !== undefined && { denyRules: options.denyRules }),
        ...(options.gatePolicy !== undefined && { gatePolicy: options.gatePolicy }),
        ...(options.cluster !== undefined && { cluster: options.cluster }),
      });
    });
}

/** All of it or nothing: half a demand would be none. */
function signerOf({ requireSignedPolicy: san, issuer, placement: domain }: Options): Pick<WebhookRun, "signer"> {
  if (san !== undefined && issuer !== undefined && domain !== undefined)
    return { signer: { identity: { san, issuer }, domain } };
  if (san === undefined && issuer === undefined && domain === undefined) return {};
  throw new Fault("input.missing", "--require-signed-policy, --issuer and --placement go together");
}

function listenOf(flag: string, text: string): { readonly host: string; readonly port: number } {
  const at = parseListen(text);
  if (!at) throw new Fault("input.malformed", `${flag} ${text}: host:port, such as 0.0.0.0:8443`);
  return at;
}

function certificateOf({ certFile, keyFile, certDir, name, namespace }: Options): CertificateSource {
  if (certDir !== undefined) return ownCertificate(certDir, name ?? serviceNames(namespace));
  if (certFile !== undefined && keyFile !== undefined) return filedCertificate({ certFile, keyFile });
  throw new Fault("input.malformed", "either --cert-dir, or --cert-file and --key-file");
}

/** As the API server calls a Service, and as others do. */
function serviceNames(namespace: string): readonly string[] {
  return [`countersign-webhook.${namespace}.svc`, `countersign-webhook.${namespace}.svc.cluster.local`];
}
