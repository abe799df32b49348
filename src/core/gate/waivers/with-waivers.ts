import { anyOf, NOTHING_NEEDED, type Need } from "../form/need.ts";
import type { Rule, System } from "../form/system.ts";
import { meetZones, type Zone } from "../form/zone.ts";
import type { GateWaiver, WaivedPolicy } from "./waiver.ts";

/** Whether a waiver is about a system. */
export function isFor({ policy }: GateWaiver, system: string): boolean {
  return policy !== undefined && (policy.systems.length === 0 || policy.systems.includes(system));
}

/**
 * The base with what waivers take on added to it: inside the region of a waiver every rule is met by its evidence too, and
 * so is what no rule matches. What head accepts beyond that is not covered (change-gate chapter §6.3).
 */
export function withWaivers(base: System, waivers: readonly GateWaiver[]): System {
  return waivers.reduce((system, { name, policy }) => (policy ? withWaiver(system, name, policy) : system), base);
}

function withWaiver(system: System, name: string, { where, evidence }: WaivedPolicy): System {
  const widened = (need: Need): Need =>
    evidence === "none" ? NOTHING_NEEDED : anyOf([need, { op: "some", box: evidence }]);
  const rules = system.rules.flatMap((rule): readonly Rule[] => {
    const inside = rule.where.flatMap((zone) => where.flatMap((waived) => meetZones(zone, waived) ?? []));
    if (inside.length === 0) return [rule];
    return [
      { ...rule, except: [...rule.except, ...where] },
      { ...rule, where: inside, need: widened(rule.need) },
    ];
  });
  return system.unmatched.kind === "admit"
    ? { ...system, rules }
    : { ...system, rules: [...rules, restRule(system, name, { where, need: widened({ op: "any", of: [] }) })] };
}

/** What no rule matches has one inside the waiver. */
function restRule(
  { rules, unmatched }: System,
  name: string,
  { where, need }: { readonly where: readonly Zone[]; readonly need: Need },
): Rule {
  return {
    name: `waiver ${name}`,
    where,
    except: rules.flatMap((rule) => rule.where),
    need,
    mode: "deny",
    origin: unmatched.origin,
  };
}
