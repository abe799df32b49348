import { isFields } from "../../../core/pipelines/field-reader.ts";
import type { ApiObject, ObjectTable } from "./object-table.ts";
import { apiVersionOf, type ApiResource, type Target } from "./resources.ts";

/** One page of a list, or that its continuation has expired. */
export type ListPage = { readonly kind: "page"; readonly body: unknown } | { readonly kind: "expired" };

/** Lists, page by page from one snapshot, as an API server does from one revision of etcd. */
export type Listings = {
  readonly page: (target: Target, query: URLSearchParams) => ListPage;
  /** Forgets all snapshots: what continues one gets 410. */
  readonly expire: () => void;
};

/** Snapshots held for lists that nobody may ever continue. */
const SNAPSHOTS_MAX = 32;

type Snapshot = { readonly version: number; readonly items: readonly ApiObject[] };

export function listings(table: ObjectTable): Listings {
  const snapshots = new Map<string, Snapshot>();
  let next = 0;

  const open = (target: Target, query: URLSearchParams): readonly [string, Snapshot] => {
    const selector = query.get("labelSelector") ?? "";
    const name = selectedName(query);
    const items = table
      .list(target.resource, target.namespace)
      .filter((object) => isSelected(object, selector) && (name === undefined || object.metadata.name === name));
    const snapshot = { version: table.version(), items };
    const id = String((next += 1));
    return [id, snapshot];
  };
  const keep = (id: string, snapshot: Snapshot): void => {
    snapshots.set(id, snapshot);
    const [oldest] = snapshots.keys();
    if (snapshots.size > SNAPSHOTS_MAX && oldest !== undefined) snapshots.delete(oldest);
  };

  return {
    page: (target, query) => {
      const [id = "", offset = "0"] = (query.get("continue") ?? "").split("@");
      const known = id === "" ? undefined : snapshots.get(id);
      if (id !== "" && !known) return { kind: "expired" };
      const [key, snapshot] = known ? [id, known] : open(target, query);
      const from = Number(offset);
      const limit = Number(query.get("limit") ?? 0);
      const until = limit > 0 ? from + limit : snapshot.items.length;
      const isLast = until >= snapshot.items.length;
      if (!isLast) keep(key, snapshot);
      return {
        kind: "page",
        body: listBody(target.resource, snapshot.items.slice(from, until), {
          resourceVersion: String(snapshot.version),
          ...(!isLast && { continue: `${key}@${until}`, remainingItemCount: snapshot.items.length - until }),
        }),
      };
    },
    expire: () => snapshots.clear(),
  };
}

/** The object that `fieldSelector=metadata.name=…` leaves, which is the one field that we ask by. */
export function selectedName(query: URLSearchParams): string | undefined {
  return /^metadata\.name=(.+)$/.exec(query.get("fieldSelector") ?? "")?.[1];
}

/** `a=b,c=d`, which is all that we ask by. */
function isSelected({ metadata }: ApiObject, selector: string): boolean {
  const labels = isFields(metadata["labels"]) ? metadata["labels"] : {};
  return selector
    .split(",")
    .filter((one) => one !== "")
    .every((one) => {
      const [name = "", value] = one.split("=", 2);
      return Object.hasOwn(labels, name) && labels[name] === value;
    });
}

function listBody(resource: ApiResource, items: readonly ApiObject[], metadata: object): unknown {
  // As a real server: items of a typed list carry neither apiVersion nor kind.
  const bare = items.map((item) => ({ ...item, apiVersion: undefined, kind: undefined }));
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items: bare };
}
