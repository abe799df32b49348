import type { GateConfig } from "../../core/gate/config/gate-config.ts";
import { judgePolicyChange, type PolicyChangeOptions } from "../../core/gate/judge/judge-policies.ts";
import type { SystemSources } from "../../core/gate/judge/read-systems.ts";
import type { GateTree } from "../../core/gate/readers/tree.ts";
import type { GatePart } from "../../core/gate/report.ts";
import { matchesPath, parsePathGlob } from "../../core/gate/tree/path-glob.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { GateSide } from "./gather-side.ts";
import { judgeUnreadKinds } from "./judge-unread-kinds.ts";

/** What judging policies needs beside the change. */
export type PolicyJudging = Pick<PolicyChangeOptions, "patterns" | "policies" | "budget" | "inventory">;

/** Judges the policies of a change, system by system. */
export function judgePolicies(change: GatheredChange, judging: PolicyJudging): GatePart {
  const { config } = change;
  const { base, head } = treesOf(change);
  const part = judgePolicyChange(base, head, {
    ...judging,
    systems: systemsOf(change),
    baseline: config.baseline,
    blockTier: config.blockTier,
  });
  return { ...part, findings: [...part.findings, ...judgeUnreadKinds(change)] };
}

/** Both sides as policies are read from them. */
export function treesOf({ base, head }: GatheredChange): { readonly base: GateTree; readonly head: GateTree } {
  return { base: treeOf(base), head: treeOf(head) };
}

/** The systems that the configuration names, and what is theirs. */
export function systemsOf({ config }: GatheredChange): readonly SystemSources[] {
  return config.systems.map(toSources);
}

/** What of manifests could not be read is judged with the files. */
function treeOf({ manifests, contents }: GateSide): GateTree {
  const read = new Set(manifests.map(({ path }) => path));
  return {
    files: manifests.map((file) => ({ ...file, problems: [] })),
    blobs: new Map([...contents].filter(([path]) => !read.has(path))),
  };
}

type Source = { readonly hasFile: (path: string) => boolean; readonly pointer: string | undefined };

function toSources({ id, engine, sources }: GateConfig["systems"][number]): SystemSources {
  const parsed = sources.map(parseSource);
  return {
    id,
    engine,
    has: ({ file, pointer }) =>
      parsed.some((source) => source.hasFile(file) && (source.pointer === undefined || source.pointer === pointer)),
  };
}

/** A path, a pattern of paths, or a key of a ConfigMap in one: `cm.yaml#data["policy.json"]`. */
function parseSource(text: string): Source {
  const [, path = text, holder, key] = /^(.*)#(data|stringData)\["(.*)"\]$/s.exec(text) ?? [];
  const glob = parsePathGlob(path);
  const pointer =
    holder === undefined ? undefined : `/${holder}/${(key ?? "").replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return { hasFile: (file) => file === path || (glob !== undefined && matchesPath(glob, file)), pointer };
}
