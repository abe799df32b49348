import { readFileSync } from "node:fs";

/** The version of this package. */
export function packageVersion(): string {
  return versionOf("version");
}

/** The version of the engine of regular expressions, which is pinned: what it reads, it reads alike everywhere. */
export function re2jsVersion(): string {
  return versionOf("re2js");
}

/** The file of the package stands two folders up, from the source as from what is built of it. */
function versionOf(member: string): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return new RegExp(`"${member}":\\s*"([^"]+)"`).exec(text)?.[1] ?? "unknown";
}
