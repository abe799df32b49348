import type { GateConfig } from "../../core/gate/config/gate-config.ts";
import { inventoryTuples, type GateInventory } from "../../core/gate/judge/inventory-tuples.ts";
import { judgePolicyChange, type PolicyChangeOptions } from "../../core/gate/judge/judge-policies.ts";
import { readSystemChanges, type SystemSources } from "../../core/gate/judge/read-systems.ts";
import type { IssuableIdentity } from "../../core/gate/decide/grammars.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import { sanPatternOf } from "../../core/gate/identity/issuable.ts";
import type { IdentityRegister } from "../../core/gate/identity/register.ts";
import type { GateTree } from "../../core/gate/readers/tree.ts";
import type { GatePart } from "../../core/gate/report.ts";
import { matchesPath, parsePathGlob } from "../../core/gate/tree/path-glob.ts";
import type { GatheredChange } from "./gather-change.ts";
import { judgeCharts } from "./judge-charts.ts";
import { judgeKustomizations } from "./judge-kustomizations.ts";
import { judgeUnreadKinds } from "./judge-unread-kinds.ts";
import type { ReadSide, ReadSides } from "./read-sides.ts";

/** What judging policies needs beside the change. */
export type PolicyJudging = Pick<PolicyChangeOptions, "patterns" | "policies" | "budget" | "matches"> & {
  /** What runs and who signs, for witnesses that exist. */
  readonly inventory?: GateInventory;
};

export type PolicyQuestion = {
  /** Whether policies are asked for; waivers are judged in any case. */
  readonly isWanted: boolean;
  /** What the rest of the gate found: waivers may name it. */
  readonly others: readonly GateFinding[];
  readonly register: IdentityRegister | undefined;
};

/**
 * Judges the policies of a change, system by system, and what waivers of the base cover: of policies by inclusion, of all
 * other findings by name.
 */
export function judgePolicies(
  change: GatheredChange,
  sides: ReadSides,
  judging: PolicyJudging & PolicyQuestion,
): GatePart {
  const { approvers, requireSigned, trustRoots, baseline, blockTier } = change.config;
  const { isWanted, others, register, inventory, ...options } = judging;
  const unread = isWanted
    ? [...judgeUnreadKinds(change, sides), ...judgeKustomizations(change, sides), ...judgeCharts(change)]
    : [];
  const treeOf = ({ tree, waivers }: ReadSide): GateTree => (isWanted ? tree : waivers);
  const trees = [treeOf(sides.base), treeOf(sides.head)] as const;
  const reading = { ...options, systems: systemsOf(change), baseline };
  const seen = inventory
    ? readSystemChanges(...trees, reading).flatMap(({ change: both }) => inventoryTuples(both.head, inventory))
    : [];
  return judgePolicyChange(...trees, {
    ...reading,
    inventory: seen,
    blockTier,
    waivers: { approvers, requireSigned, trustRoots },
    issuers: issuersOf(register),
    others: [...others, ...unread],
  });
}

/** What our Fulcio can issue, where the register says; of a type whose SANs are not known here, anything. */
function issuersOf(register: IdentityRegister | undefined): readonly IssuableIdentity[] {
  return (register?.issuers ?? []).map(({ url, type, domain }) => ({
    issuer: url,
    san: sanPatternOf(type, domain) ?? "(?s).*",
  }));
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
      sources.includes(file) ||
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
