import type { Estate } from "../../core/detect/estate.ts";
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

/** `countersign demo`: nothing leaves this machine. Faults: those of `openDemo` and of listening. */
export async function runDemo(io: Io, request: DemoRequest): Promise<void> {
  // The result is text, or one JSON document; what happens meanwhile goes where it does not mix.
  const say = request.output === "json" ? io.err : io.out;
  const startedMs = performance.now();
  say("countersign demo - nothing leaves this machine\n");
  const demo = await openDemo(request, io.signal);
  try {
    const seconds = (performance.now() - startedMs) / 1000;
    say(renderStep(io, { text: "Sigstore, registry and two clusters of stand-ins", seconds }));
    const config = writeConfig(demo.dir, demo.standIns, demo.story);
    if (request.once) await tellOnce(io, demo, request.output);
    else await serveUntilStopped(io, demo, { ...request, config });
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    await demo.close();
  }
}

async function tellOnce(io: Io, demo: OpenDemo, output: DemoRequest["output"]): Promise<void> {
  await demo.tell((step) => (output === "json" ? io.err : io.out)(renderStep(io, step)));
  await demo.learnTheRest();
  const estate = await demo.judge();
  if (output === "json") io.out(`${JSON.stringify(await reportOf(demo, estate))}\n`);
  else io.out(renderIncidents(io, estate));
}

/** In a checkout that was never built, the link below it would lead to an empty page. */
const NOT_BUILT = "the console has not been built, only the API answers: npm run build -w web, and start again";

/** The console first: it fills while the story is told. */
async function serveUntilStopped(
  io: Io,
  demo: OpenDemo,
  { port, config, keep }: DemoRequest & { readonly config: string },
): Promise<void> {
  const { server, link, isBuilt } = await serveDemo(demo, port);
  try {
    if (!isBuilt) io.err(`${paintFor(io, io.errTerminal).symbol("warn")} ${NOT_BUILT}\n`);
    io.out(`console   ${server.url}   (one-time sign-in link: ${link})\n          it fills while the story is told\n`);
    const estate = await demo.tell((step) => io.out(renderStep(io, step)));
    io.out(renderIncidents(io, estate));
    io.out(renderInvitation(demo, estate, { config, isKept: keep !== undefined }));
    await Promise.all([demo.learnTheRest(), demo.observer.followLive(io.signal)]);
  } finally {
    await server.close();
  }
}

function renderStep(io: Io, { text, seconds }: DemoStep): string {
  return `  ${paintFor(io, io.outTerminal).symbol("ok")} ${text}   ${seconds.toFixed(1)} s\n`;
}

function renderIncidents(io: Io, { incidents }: Estate): string {
  const paint = paintFor(io, io.outTerminal);
  const lines = incidents.map(({ id, severity, title }) => `      ${severity.padEnd(8)} ${title}   (${id})\n`);
  return `  ${paint.symbol("warn")} ${incidents.length} incidents found\n${lines.join("")}`;
}

function renderInvitation(
  { standIns }: OpenDemo,
  { containers }: Estate,
  at: { readonly config: string; readonly isKept: boolean },
): string {
  const foreign = containers.find(({ signing }) => signing === "unexpected-identity");
  const digest = foreign?.digest ?? "";
  const signer = "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder";
  const issuer = standIns.clusters[0]?.issuer ?? "";
  const countersign = commandName(process.argv[1] ?? "");
  return `try       ${countersign} investigate ${digest} --config ${at.config}
          ${countersign} verify ${foreign?.repository ?? ""}@${digest} --config ${at.config} --certificate-identity ${signer} --certificate-oidc-issuer ${issuer}
          ${countersign} workload list --config ${at.config}
Ctrl-C stops it; ${at.isKept ? "what it made stays in its folder." : "--keep DIR keeps the data."}
`;
}

/** As it can be typed where this was typed: in a checkout, which is on nobody's path, by its launcher. */
function commandName(script: string): string {
  return /\/(?:main[.]ts|bin\/countersign[.]mjs)$/.test(script) ? "bin/countersign" : "countersign";
}
