import { sameBytes } from "../../core/bytes/bytes.ts";
import { Fault } from "../../core/fault.ts";
import { DEFAULT_GATE_CONFIG, type GateConfig } from "../../core/gate/config/gate-config.ts";
import { readGateConfig } from "../../core/gate/config/read-gate-config.ts";
import type { DefinitionFile } from "../../core/pipelines/definitions/definition-file.ts";
import { renderProblem, type PolicyProblem, type SourceDocument } from "../../core/policy/problem.ts";
import type { Change, ChangeSource, Revision } from "../../ports/change-source.ts";
import { gatherRendered, withRendered } from "./gather-rendered.ts";
import { gatherSide, samePaths, type GateSide, type Gathering } from "./gather-side.ts";

/** What gathering asks of the outside. */
export type GatherPorts = {
  readonly source: ChangeSource;
  /** Folders of what charts and kustomizations of both sides render to. */
  readonly rendered?: ChangeSource;
  /** Reads manifests: lenient, as the engines' own readers are, every document with places. */
  readonly readManifests: (path: string, bytes: Uint8Array) => DefinitionFile;
  /** Reads what is ours: strict, one spelling. */
  readonly readStrictly: (path: string, bytes: Uint8Array) => StrictReading;
};

export type StrictReading = {
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly PolicyProblem[];
};

export type GatherQuestion = {
  /** A path of the base. Where it is not given and there is none, the defaults hold. */
  readonly configPath?: string;
};

/** Both sides of a change as they are judged. */
export type GatheredChange = {
  readonly config: GateConfig;
  /** Where the configuration of the base is, or would be. */
  readonly configPath: string;
  readonly base: GateSide;
  readonly head: GateSide;
  /** Paths of files that the change adds, takes away or changes, looked at or not; where contents are not known, by id. */
  readonly touched?: readonly string[];
  /** Whether templates were given rendered as well. */
  readonly isRendered?: true;
};

/** Where the configuration is, unless it is named. */
export const GATE_CONFIG_PATH = ".countersign/gate.yaml";

const CONFIG_LIMITS = { fileBytesMax: 1024 * 1024, totalBytesMax: 1024 * 1024 };

/**
 * Reads both sides, by the configuration of the base. Decides nothing. Faults: those of the source; `input.missing` and
 * `config.invalid` for the configuration; `git.tampered` when the base is not in the history of the protected reference.
 */
export async function gatherChange(
  ports: GatherPorts,
  { configPath }: GatherQuestion,
  signal: AbortSignal,
): Promise<GatheredChange> {
  const change = await ports.source.open(signal);
  try {
    const path = configPath ?? GATE_CONFIG_PATH;
    const config = await readConfig(ports, change.base, { path, isNamed: configPath !== undefined }, signal);
    await refuseStray(change, config, signal);
    const gathering: Gathering = { readManifests: ports.readManifests, contents: new Map(), parsed: new Map() };
    const asked = { config, configPath: path, same: samePaths(change.base, change.head) };
    const base = await gatherSide(gathering, change.base, asked, signal);
    const head = await gatherSide(gathering, change.head, { ...asked, before: change.base }, signal);
    const touched = touchedPaths(change, base, head);
    if (!ports.rendered) return { config, configPath: path, base, head, touched };
    const rendered = await gatherRendered(ports.rendered, ports.readManifests, signal);
    return {
      config,
      configPath: path,
      base: withRendered(base, rendered.base),
      head: withRendered(head, rendered.head),
      touched,
      isRendered: true,
    };
  } finally {
    await change.close();
  }
}

function touchedPaths(change: Change, base: GateSide, head: GateSide): readonly string[] {
  const same = samePaths(change.base, change.head);
  const paths = new Set([...change.base.entries, ...change.head.entries].map(({ path }) => path));
  return [...paths].filter((path) => {
    if (same.has(path)) return false;
    const [before, after] = [base.contents.get(path), head.contents.get(path)];
    return before === undefined || after === undefined || !sameBytes(before, after);
  });
}

async function readConfig(
  { readStrictly }: GatherPorts,
  base: Revision,
  { path, isNamed }: { readonly path: string; readonly isNamed: boolean },
  signal: AbortSignal,
): Promise<GateConfig> {
  const entry = base.entries.find(
    (one) => one.path === path || (one.kind === "link" && path.startsWith(`${one.path}/`)),
  );
  if (!entry) {
    if (isNamed) throw new Fault("input.missing", `${path} in the base`);
    return DEFAULT_GATE_CONFIG;
  }
  // A link, there or in a folder above, could lead to what others may change.
  if (entry.kind !== "file") throw new Fault("config.invalid", `${entry.path} of the base is no regular file`);
  const contents = await base.read([entry], CONFIG_LIMITS, signal);
  const { documents, problems } = readStrictly(path, contents.get(entry.id) ?? new Uint8Array());
  refuseProblems(problems);
  const read = readGateConfig(documents);
  refuseProblems(read.problems);
  return read.config ?? DEFAULT_GATE_CONFIG;
}

function refuseProblems(problems: readonly PolicyProblem[]): void {
  const [first, ...others] = problems;
  if (!first) return;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new Fault("config.invalid", `${renderProblem(first)}${more}. ${first.fix}`);
}

async function refuseStray(change: Change, { protectedRef }: GateConfig, signal: AbortSignal): Promise<void> {
  if (protectedRef === undefined) return;
  const isOn = await change.isBaseOn(protectedRef, signal);
  if (isOn === false)
    throw new Fault("git.tampered", `base ${change.base.oid ?? ""} is not in the history of ${protectedRef}`);
}
