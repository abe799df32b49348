/** Text as an RE2 pattern that matches it and nothing else. */
export function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}

/** Text as an anchored pattern. */
export function exactPattern(text: string): string {
  return `^${escapeRegex(text)}$`;
}
