import { systemRandom } from "../../adapters/system/random.ts";
import { follow } from "../../capabilities/follow/follow.ts";
import type { Io } from "../io.ts";
import { paintFor } from "../output/paint.ts";
import { writeConfig } from "./config-file.ts";
import { reportOf } from "./report.ts";
import { openDemo, type DemoOptions, type DemoStep, type OpenDemo } from "./run-demo.ts";
import { serveDemo } from "./serve-demo.ts";

export type DemoRequest = DemoOptions & {
  readonly port: number;
  /** Tell the whole story, say what came of it, and end. */
  readonly once: boolean;
  readonly output: "text" | "json";
};

const FOLLOW_EVERY_MS = 5_000;

/** `countersign demo`: nothing leaves this machine. Faults: those of `openDemo` and of listening. */
export async function runDemo(io: Io, request: DemoRequest): Promise<void> {
  // The result is text, or one JSON document; what happens meanwhile goes where it does not mix.
  const say = request.output === "json" ? io.err : io.out;
  say("countersign demo - nothing leaves this machine\n");
  const demo = await openDemo(request, (step) => say(renderStep(io, step)), io.signal);
  try {
    const config = writeConfig(demo.dir, demo.standIns, demo.story);
    if (request.once) await tellOnce(io, demo, request.output);
    else await serveUntilStopped(io, demo, { ...request, config });
  } finally {
    await demo.close();
  }
}

async function tellOnce(io: Io, demo: OpenDemo, output: DemoRequest["output"]): Promise<void> {
  await demo.learnTheRest(io.signal);
  const whole = { ...demo, estate: await demo.judge() };
  if (output === "json") io.out(`${JSON.stringify(await reportOf(whole))}\n`);
  else io.out(renderIncidents(io, whole));
}

async function serveUntilStopped(
  io: Io,
  demo: OpenDemo,
  { port, config, keep }: DemoRequest & { readonly config: string },
): Promise<void> {
  const { server, link } = await serveDemo(demo, port);
  try {
    io.out(renderIncidents(io, demo));
    io.out(renderInvitation(demo, { url: server.url, link, config, isKept: keep !== undefined }));
    await Promise.all([demo.learnTheRest(io.signal), keepFollowing(demo, io.signal)]);
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    await server.close();
  }
}

/** What is signed from now on, from a second terminal say, is followed too. */
async function keepFollowing({ stores, clock, observer }: OpenDemo, signal: AbortSignal): Promise<void> {
  const ports = { store: stores.events, clock, random: systemRandom };
  await follow(ports, { everyMs: FOLLOW_EVERY_MS })(observer.logs, signal);
}

function renderStep(io: Io, { text, seconds }: DemoStep): string {
  return `  ${paintFor(io, io.outTerminal).symbol("ok")} ${text}   ${seconds.toFixed(1)} s\n`;
}

function renderIncidents(io: Io, { estate: { incidents } }: OpenDemo): string {
  const paint = paintFor(io, io.outTerminal);
  const lines = incidents.map(({ id, severity, title }) => `      ${severity.padEnd(8)} ${title}   (${id})\n`);
  return `  ${paint.symbol("warn")} ${incidents.length} incidents found\n${lines.join("")}`;
}

function renderInvitation(
  { estate, standIns }: OpenDemo,
  at: { readonly url: string; readonly link: string; readonly config: string; readonly isKept: boolean },
): string {
  const foreign = estate.containers.find(({ signing }) => signing === "unexpected-identity");
  const digest = foreign?.digest ?? "";
  const signer = "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder";
  const issuer = standIns.clusters[0]?.issuer ?? "";
  return `console   ${at.url}   (one-time sign-in link: ${at.link})
try       countersign investigate ${digest} --config ${at.config}
          countersign verify ${foreign?.repository ?? ""}@${digest} --config ${at.config} --certificate-identity ${signer} --certificate-oidc-issuer ${issuer}
          countersign workload list --config ${at.config}
Ctrl-C stops it; ${at.isKept ? "what it made stays in its folder." : "--keep DIR keeps the data."}
`;
}
