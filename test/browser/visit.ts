import { join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { readAssets } from "../../src/app/http/assets.ts";
import { openToLoopback } from "../../src/app/http/auth.ts";
import type { Queries } from "../../src/app/http/queries.ts";
import { type ApiServer, createServer, type ServerDeps } from "../../src/app/http/server.ts";
import { findChromium, LAUNCH_ARGS } from "./chromium.ts";

const DIST = join(import.meta.dirname, "../../web/dist");

/** Why the journeys cannot be made here; `undefined` when they can. */
export async function whyNot(): Promise<string | undefined> {
  if (findChromium() === undefined) return "no Chromium: set $CHROMIUM, or apt-get install chromium";
  return (await readAssets(DIST)).size === 0 ? "the console has not been built: npm run build -w web" : undefined;
}

export async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no Chromium");
  return chromium.launch({ executablePath, args: [...LAUNCH_ARGS] });
}

export async function serveConsole(queries: Queries, change: Partial<ServerDeps> = {}): Promise<ApiServer> {
  let count = 0;
  const deps: ServerDeps = {
    queries,
    authenticator: openToLoopback,
    assets: await readAssets(DIST),
    random: { bytes: (length) => new Uint8Array(length).fill((count += 1)) },
    requestsPerMinute: 100_000,
    ...change,
  };
  return createServer(deps).listen("127.0.0.1", 0);
}

/** Below the test's own limit, so that what was waited for is named. */
const ACTION_MS = 10_000;

export type Scheme = "light" | "dark";

/** A page that keeps what the browser complained about: refused by the content security policy, or thrown. */
export async function openPage(
  browser: Browser,
  options: { readonly scheme?: Scheme; readonly width?: number } = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1440, height: 1000 },
    colorScheme: options.scheme ?? "light",
    reducedMotion: "reduce",
  });
  page.setDefaultTimeout(ACTION_MS);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const text = message.text();
    // The browser reports every answer that is not 2xx; those are the journey's own.
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) complaints.push(text);
  });
  return { page, complaints };
}

/** What axe finds on the page as it is, as `rule: element` (WCAG 2.2 A and AA, and best practice). */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  // Through the debugger, which the page's own policy does not bind.
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  const { violations } = found as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}
