import type { Config } from "./config.ts";

/**
 * Parts of a configuration that are read and checked, and that nothing in this version acts on. A person who wrote them
 * is told, and not left to believe that somebody is notified.
 */
export function unusedParts(config: Config): readonly string[] {
  const parts = [
    ["windows", config.windows.length > 0],
    ["teams[].window", config.teams.some((team) => team.window !== undefined)],
    ["teams[].notify", config.teams.some((team) => team.notify.length > 0)],
    ["notify", config.notify.length > 0],
    ["witnesses", config.witnesses.length > 0],
    ["audit.anchor", config.audit.anchor !== undefined],
    ["limits.queryRows", config.limits.queryRows !== 10_000],
    ["limits.queryTime", config.limits.queryTime !== "5s"],
    ["limits.uploadBytes", config.limits.uploadBytes !== "16MiB"],
    ["clusters[].namespaces", config.clusters.some(({ namespaces }) => !isEverything(namespaces))],
  ] as const;
  return parts.flatMap(([path, isSet]) => (isSet ? [path] : []));
}

function isEverything({ include, exclude }: Config["clusters"][number]["namespaces"]): boolean {
  return include.join() === "*" && exclude.length === 0;
}
