import type { Route, Texts } from "./route.ts";

export type Match = { readonly route: Route; readonly params: Texts };

/**
 * Finds the route of a path. Segments are split before they are decoded, so `%2F` stays inside its segment; a segment
 * that is not valid percent-encoding matches nothing.
 */
export function matchRoute(routes: readonly Route[], path: string): Match | undefined {
  const segments = path.split("/").map(decodeSegment);
  for (const route of routes) {
    const params = matchPattern(route.path.split("/"), segments);
    if (params) return { route, params };
  }
  return undefined;
}

function matchPattern(pattern: readonly string[], segments: readonly (string | undefined)[]): Texts | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i];
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (segment === undefined || (name === undefined && segment !== part)) return undefined;
    if (name !== undefined) params[name] = segment;
  }
  return params;
}

function decodeSegment(segment: string): string | undefined {
  if (!/^(?:[^%]|%[0-9a-fA-F]{2})*$/.test(segment)) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
