import { lazy, type ComponentType } from "react";
import { matchPath, type Query } from "./location.ts";
import type { PageProps } from "./page-props.ts";

export type ConsoleRoute = {
  readonly pattern: string;
  readonly page: ComponentType<PageProps>;
  /** In the navigation when it has a title. */
  readonly title?: string;
};

/** Every page that works. Each is a chunk of its own. */
export const ROUTES: readonly ConsoleRoute[] = [
  {
    pattern: "/",
    title: "Overview",
    page: lazy(async () => ({ default: (await import("./pages/overview/overview-page.tsx")).OverviewPage })),
  },
  {
    pattern: "/events",
    title: "Signing events",
    page: lazy(async () => ({ default: (await import("./pages/events/events-page.tsx")).EventsPage })),
  },
  {
    pattern: "/events/:log/:index",
    page: lazy(async () => ({ default: (await import("./pages/event/event-page.tsx")).EventPage })),
  },
  {
    pattern: "/workloads",
    title: "Workloads",
    page: lazy(async () => ({ default: (await import("./pages/workloads/workloads-page.tsx")).WorkloadsPage })),
  },
  {
    pattern: "/artifacts/:digest",
    page: lazy(async () => ({ default: (await import("./pages/artifact/artifact-page.tsx")).ArtifactPage })),
  },
  {
    pattern: "/search",
    page: lazy(async () => ({ default: (await import("./pages/search/search-page.tsx")).SearchPage })),
  },
];

export function routeOf(path: string): { readonly route: ConsoleRoute; readonly params: Query } | undefined {
  for (const route of ROUTES) {
    const params = matchPath(route.pattern, path);
    if (params) return { route, params };
  }
  return undefined;
}
