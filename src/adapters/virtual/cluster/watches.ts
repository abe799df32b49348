import type { ServerResponse } from "node:http";
import type { Change, ObjectTable } from "./object-table.ts";
import { apiVersionOf, type Target } from "./resources.ts";

export type WatchRequest = {
  readonly target: Target;
  /** Changes of this object alone. */
  readonly only?: string | undefined;
  /** Empty: from now. */
  readonly resourceVersion: string;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number;
};

/** The open watches of the stand-in, and what can be done to them. */
export type Watches = {
  readonly open: (response: ServerResponse, request: WatchRequest) => void;
  readonly count: () => number;
  /** Holds back all events, as a server behind a dead connection does; `false` sends what was held back. */
  readonly stall: (stalled: boolean) => void;
  /** Breaks every connection in the middle. */
  readonly drop: () => void;
  /** Ends every watch as the server does at its timeout: with a bookmark where it was asked for. */
  readonly end: () => void;
  readonly bookmark: () => void;
  /** Sends every watcher an ERROR event. */
  readonly fail: (status: unknown) => void;
};

type Watch = { readonly response: ServerResponse; readonly request: WatchRequest; readonly timer: NodeJS.Timeout };

/** How long a watch lasts when the client names no time (kube-apiserver `--min-request-timeout`). */
export const WATCH_SECONDS_DEFAULT = 1800;

export function watches(table: ObjectTable): Watches {
  const open = new Set<Watch>();
  const held: Change[] = [];
  let stalled = false;

  const deliver = (change: Change): void => {
    for (const watch of open) if (concerns(watch.request, change)) send(watch, change.type, change.object);
  };
  const bookmark = (watch: Watch): void => {
    if (!watch.request.bookmarks) return;
    const { resource } = watch.request.target;
    const metadata = { resourceVersion: String(table.version()) };
    send(watch, "BOOKMARK", { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata });
  };
  const end = (watch: Watch): void => {
    bookmark(watch);
    watch.response.end();
  };
  table.onChange((change) => {
    if (stalled) held.push(change);
    else deliver(change);
  });

  return {
    open: (response, request) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      const timer = setTimeout(() => end(watch), request.timeoutSeconds * 1000);
      timer.unref();
      const watch: Watch = { response, request, timer };
      response.on("close", () => {
        clearTimeout(timer);
        open.delete(watch);
      });
      open.add(watch);
      const { resourceVersion } = request;
      const missed = resourceVersion === "" ? [] : (table.changesAfter(Number(resourceVersion)) ?? []);
      for (const change of missed) if (concerns(request, change)) send(watch, change.type, change.object);
    },
    count: () => open.size,
    stall: (stop) => {
      stalled = stop;
      if (!stop) for (const change of held.splice(0)) deliver(change);
    },
    drop: () => {
      for (const { response } of open) response.destroy();
    },
    end: () => {
      for (const watch of open) end(watch);
    },
    bookmark: () => {
      for (const watch of open) bookmark(watch);
    },
    fail: (status) => {
      for (const watch of open) send(watch, "ERROR", status);
    },
  };
}

function concerns(
  { target: { resource, namespace }, only }: WatchRequest,
  { resource: changed, object }: Change,
): boolean {
  const { metadata } = object;
  return (
    resource === changed &&
    (namespace === "" || metadata.namespace === namespace) &&
    (only === undefined || metadata.name === only)
  );
}

function send({ response }: Watch, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}
