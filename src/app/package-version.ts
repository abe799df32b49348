import { readFileSync } from "node:fs";

/** The version of this package. Its file stands two folders up, from the source as from what is built of it. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return /"version":\s*"([^"]+)"/.exec(text)?.[1] ?? "unknown";
}
