import { DEFAULT_GATE_CONFIG } from "../../core/gate/config/gate-config.ts";
import type { TreeEntry } from "../../core/gate/tree/tree-entry.ts";
import type { ChangeSource, Revision } from "../../ports/change-source.ts";
import { gatherSide, type GateSide, type Gathering } from "./gather-side.ts";

/** What charts and kustomizations of both sides render to; looked at in any case, whatever the configuration includes. */
export type RenderedSides = { readonly base: GateSide; readonly head: GateSide };

/** Under this name the files of a rendered folder stand in reports. */
const PREFIX = "rendered/";

/** Reads the rendered folders of both sides. Faults: those of the source. */
export async function gatherRendered(
  source: ChangeSource,
  readManifests: Gathering["readManifests"],
  signal: AbortSignal,
): Promise<RenderedSides> {
  const change = await source.open(signal);
  try {
    const gathering: Gathering = { readManifests, contents: new Map(), parsed: new Map() };
    const read = (side: Revision): Promise<GateSide> =>
      gatherSide(gathering, prefixed(side), { config: DEFAULT_GATE_CONFIG, configPath: "", same: new Map() }, signal);
    const base = await read(change.base);
    return { base, head: await read(change.head) };
  } finally {
    await change.close();
  }
}

/** A side with what it renders to beside its files. */
export function withRendered(side: GateSide, rendered: GateSide): GateSide {
  return {
    ...side,
    contents: new Map([...side.contents, ...rendered.contents]),
    manifests: [...side.manifests, ...rendered.manifests],
    problems: [...side.problems, ...rendered.problems],
  };
}

function prefixed(side: Revision): Revision {
  return {
    entries: side.entries.map((entry) => ({ ...entry, path: `${PREFIX}${entry.path}` })),
    read: (entries, limits, signal) => side.read(entries.map(withoutPrefix), limits, signal),
  };
}

function withoutPrefix(entry: TreeEntry): TreeEntry {
  return { ...entry, path: entry.path.slice(PREFIX.length) };
}
