import type { GateConfig } from "../../core/gate/config/gate-config.ts";
import { judgePolicyChange, type PolicyChangeOptions } from "../../core/gate/judge/judge-policies.ts";
import type { SystemSources } from "../../core/gate/judge/read-systems.ts";
import type { GatePart } from "../../core/gate/report.ts";
import { matchesPath, parsePathGlob } from "../../core/gate/tree/path-glob.ts";
import type { GatheredChange } from "./gather-change.ts";
import { judgeUnreadKinds } from "./judge-unread-kinds.ts";
import type { ReadSides } from "./read-sides.ts";

/** What judging policies needs beside the change. */
export type PolicyJudging = Pick<PolicyChangeOptions, "patterns" | "policies" | "budget" | "inventory">;

/** Judges the policies of a change, system by system. */
export function judgePolicies(change: GatheredChange, sides: ReadSides, judging: PolicyJudging): GatePart {
  const { config } = change;
  const part = judgePolicyChange(sides.base.tree, sides.head.tree, {
    ...judging,
    systems: systemsOf(change),
    baseline: config.baseline,
    blockTier: config.blockTier,
  });
  return { ...part, findings: [...part.findings, ...judgeUnreadKinds(change, sides)] };
}

/** The systems that the configuration names, and what is theirs. */
export function systemsOf({ config }: GatheredChange): readonly SystemSources[] {
  return config.systems.map(toSources);
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
