import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A headless browser that talks to nobody but the page. */
export const LAUNCH_ARGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where a Chromium is: $CHROMIUM, the system's, or one that playwright installed. `undefined` when there is none. */
export function findChromium(): string | undefined {
  const candidates = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", ...playwrightOnes()];
  return candidates.find((path) => path !== undefined && path !== "" && existsSync(path));
}

function playwrightOnes(): readonly string[] {
  const folder = process.env["PLAYWRIGHT_BROWSERS_PATH"] ?? join(homedir(), ".cache", "ms-playwright");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) =>
    name.startsWith("chromium")
      ? [join(folder, name, "chrome-linux", "chrome"), join(folder, name, "chrome-linux", "headless_shell")]
      : [],
  );
}
