import { useCallback, useSyncExternalStore } from "react";

/**
 * Where the console is: all of it in the URL, so that back, forward and a copied link bring it back. No router: one
 * store over `history`, and paths matched by `routes.tsx`.
 */
export type Place = { readonly path: string; readonly query: Query };
/** One value per name; empty values are not kept. */
export type Query = Readonly<Record<string, string>>;

export function readPlace(url: { readonly pathname: string; readonly search: string }): Place {
  const pairs = [...new URLSearchParams(url.search)].filter(([, value]) => value !== "");
  return { path: url.pathname, query: Object.fromEntries(pairs) };
}

export function renderPlace({ path, query }: Place): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return search === "" ? path : `${path}?${search}`;
}

/** `query` with other values; an empty one takes the name away. */
export function withQuery(query: Query, change: Query): Query {
  return Object.fromEntries(Object.entries({ ...query, ...change }).filter(([, value]) => value !== ""));
}

const MOVED = "countersign:moved";

export function moveTo(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  dispatchEvent(new Event(MOVED));
}

function subscribe(changed: () => void): () => void {
  addEventListener("popstate", changed);
  addEventListener(MOVED, changed);
  return () => {
    removeEventListener("popstate", changed);
    removeEventListener(MOVED, changed);
  };
}

/** The place, and how to change its query without leaving the page. */
export function usePlace(): Place & { readonly setQuery: (change: Query) => void } {
  const href = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const place = readPlace(new URL(href, location.origin));
  const setQuery = useCallback((change: Query) => {
    const { path, query } = readPlace(location);
    moveTo(renderPlace({ path, query: withQuery(query, change) }));
  }, []);
  return { ...place, setQuery };
}

/** The parameters of a path by a pattern such as `/events/:log/:index`; `undefined` when it does not match. */
export function matchPath(pattern: string, path: string): Query | undefined {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  const pairs = wanted.map((part, i) => [part, decode(given[i] ?? "")] as const);
  if (pairs.some(([part, value]) => (part.startsWith(":") ? !value : part !== value))) return undefined;
  return Object.fromEntries(
    pairs.flatMap(([part, value]) => (part.startsWith(":") ? [[part.slice(1), value ?? ""]] : [])),
  );
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
