/** A managed issuer that another is nearly the same as, and by what they differ. */
export type NearMiss = { readonly issuer: string; readonly by: string };

const DIFFERENCES: readonly (readonly [string, (url: string) => string])[] = [
  ["a trailing slash", (url) => url.replace(/\/+$/, "")],
  ["the scheme", (url) => url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")],
  ["the port", (url) => url.replace(/^([^/]*\/\/[^/:]+|[^/:]+):\d+/, "$1")],
  ["upper and lower case", (url) => url.toLowerCase()],
];

/** The managed issuer that differs from one only by a slash at the end, the scheme, the port, or case (GI008). */
export function nearMissOf(issuer: string, managed: readonly string[]): NearMiss | undefined {
  for (const other of managed) {
    if (other === issuer || plain(other) !== plain(issuer)) continue;
    const by = DIFFERENCES.filter(([, without]) => isOnly(issuer, other, without)).map(([name]) => name);
    return { issuer: other, by: by[0] ?? "more than one of slash, scheme, port and case" };
  }
  return undefined;
}

function isOnly(a: string, b: string, without: (url: string) => string): boolean {
  return without(a) === without(b);
}

/** What is left when nothing of that counts. */
function plain(url: string): string {
  return DIFFERENCES.reduce((text, [, without]) => without(text), url);
}
