import { matchesName, parseNameGlob } from "../pattern.ts";
import type { Drift, DriftFinding } from "./judge-drift.ts";

/** Who answers for some identities, as the configuration says. */
export type Team = {
  readonly name: string;
  /** Globs. */
  readonly namespaces: readonly string[];
  /** As they are shown, `ns/payments/sa/builder`, with or without what is behind an `@`. */
  readonly identities: readonly string[];
};

/** A finding, and which team to ask; `undefined` where nobody is named for its identity. */
export type OwnedFinding = DriftFinding & { readonly owner?: string };
export type OwnedDrift = Omit<Drift, "findings"> & { readonly findings: readonly OwnedFinding[] };

/** Names the team of each finding: by identity first, else by the namespace that the identity is of. */
export function withOwners(drift: Drift, teams: readonly Team[]): OwnedDrift {
  return { ...drift, findings: drift.findings.map((finding) => ({ ...finding, ...ownerOf(finding, teams) })) };
}

function ownerOf({ identity }: DriftFinding, teams: readonly Team[]): { readonly owner?: string } {
  const named = baseOf(identity);
  const namespace = /^ns\/([^/]+)\/sa\//.exec(named)?.[1];
  const owner =
    teams.find(({ identities }) => identities.some((one) => baseOf(one) === named)) ??
    teams.find(({ namespaces }) => namespace !== undefined && namespaces.some((glob) => isOf(namespace, glob)));
  return owner ? { owner: owner.name } : {};
}

/** What is no glob names nobody. */
function isOf(namespace: string, text: string): boolean {
  const glob = parseNameGlob(text);
  return glob !== undefined && matchesName(glob, namespace);
}

function baseOf(identity: string): string {
  return identity.split("@", 1)[0]?.trim() ?? "";
}
