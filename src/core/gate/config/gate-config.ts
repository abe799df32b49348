import type { PathGlob } from "../tree/path-glob.ts";
import { parsePathGlob } from "../tree/path-glob.ts";
import type { PathChoice } from "../tree/select-files.ts";
import type { WitnessTier } from "../finding.ts";

/** What is acceptable: `.countersign/gate.yaml` of the base, and of no other revision (change-gate chapter §6). */
export type GateConfig = {
  /** Files of policies, pipelines and accounts. */
  readonly choice: PathChoice;
  /** Destinations whose artifacts have to be signed; globs of the dialect `pc`. */
  readonly mustSign: readonly string[];
  /** Images that may sign, by digest. */
  readonly signerImages: readonly string[];
  /** The least real witness that still blocks; less real ones are warnings. */
  readonly blockTier: WitnessTier;
  /** What a system of the head is compared with that the base does not have: nothing was enforced, or nothing let in. */
  readonly baseline: "admit" | "deny";
  readonly systems: readonly DeclaredSystem[];
  /** Keys of ConfigMaps and Secrets whose value is a policy, `file#data["key"]`, beside those that are seen to be. */
  readonly embedded: readonly string[];
  /** Who may approve waivers. */
  readonly approvers: readonly string[];
  /** Who may use the accounts of managed identities: `Group name`, `User name`, `ServiceAccount namespace/name`. */
  readonly allowedSubjects: readonly string[];
  /** Whether a waiver counts only when the commit that added it is signed. */
  readonly requireSigned: boolean;
  /** The reference that the base has to be in the history of. */
  readonly protectedRef?: string;
  /** Registers of identities. */
  readonly registers: readonly PathGlob[];
  /** Files of owners: changing them is told. */
  readonly owners: readonly PathGlob[];
  /** Whether identities of policies that did not change are judged like those that did. */
  readonly strict: boolean;
  /** Names of trust roots, as registers and waivers use them: the anchors that each stands for. */
  readonly trustRoots: Readonly<Record<string, readonly string[]>>;
};

/** A system that is told where it is, because its files do not say. */
export type DeclaredSystem = {
  readonly id: string;
  readonly engine: GateEngineName;
  readonly cluster?: string;
  /** Paths, globs, or `file#data["key"]`. */
  readonly sources: readonly string[];
};

export const GATE_ENGINES = [
  "countersign",
  "policy-controller",
  "kyverno",
  "openshift",
  "containers",
  "notation",
] as const;
export type GateEngineName = (typeof GATE_ENGINES)[number];

/** Manifests wherever they are, and Notation's trust stores. */
const DEFAULT_INCLUDE: readonly string[] = [
  "**/*.yaml",
  "**/*.yml",
  "**/*.json",
  "**/x509/ca/*/*",
  "**/x509/signingAuthority/*/*",
  "**/x509/tsa/*/*",
];

/** What holds without a configuration, and of each field that one leaves out. */
export const DEFAULT_GATE_CONFIG: GateConfig = {
  choice: choiceOfPaths(DEFAULT_INCLUDE),
  mustSign: [],
  signerImages: [],
  blockTier: "theoretical",
  baseline: "admit",
  systems: [],
  embedded: [],
  approvers: [],
  allowedSubjects: [],
  requireSigned: false,
  registers: globsOf([".countersign/identities.yaml"]),
  owners: globsOf(["CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS", "OWNERS"]),
  strict: false,
  trustRoots: {},
};

function choiceOfPaths(include: readonly string[]): PathChoice {
  return { include: globsOf(include), exclude: [] };
}

function globsOf(texts: readonly string[]): readonly PathGlob[] {
  return texts.flatMap((text) => parsePathGlob(text) ?? []);
}
