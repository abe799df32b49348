import { compileGlob } from "../../automata/glob.ts";
import { quote } from "../../json/fields.ts";
import { API_VERSION } from "../../names.ts";
import type { PolicyProblem, SourceDocument } from "../../policy/problem.ts";
import { fieldOf, type Field } from "../../policy/read/field.ts";
import { booleanOf, choiceOf, fullListOf, listOf, optionalTextOf, textOf } from "../../policy/read/scalars.ts";
import { parsePathGlob, type PathGlob } from "../tree/path-glob.ts";
import {
  DEFAULT_GATE_CONFIG,
  GATE_ENGINES,
  type DeclaredSystem,
  type GateConfig,
  type GateEngineName,
} from "./gate-config.ts";

export type GateConfigReading = {
  /** Absent when there is a problem: half a configuration accepts more than the whole. */
  readonly config?: GateConfig;
  readonly problems: readonly PolicyProblem[];
};

const LIST_MAX = 1000;
const FIELDS = [
  "apiVersion",
  "kind",
  "metadata",
  "include",
  "exclude",
  "mustSign",
  "signerImages",
  "blockTier",
  "baseline",
  "systems",
  "embedded",
  "approvers",
  "allowedSubjects",
  "requireSigned",
  "protectedRef",
  "register",
  "owners",
  "strict",
  "trustRoots",
] as const;

/** Reads `gate.yaml`: strict, every problem with its place. What it leaves out is as without it. */
export function readGateConfig(documents: readonly SourceDocument[]): GateConfigReading {
  const problems: PolicyProblem[] = [];
  const [document, second] = documents;
  if (!document) return { config: DEFAULT_GATE_CONFIG, problems };
  if (second) fieldOf(second, problems).problem("TP006", "a second document", "One file has one configuration.");
  const config = readRoot(fieldOf(document, problems).only(...FIELDS));
  return { ...(problems.length === 0 && { config }), problems };
}

function readRoot(root: Field): GateConfig {
  judgeHead(root);
  const usual = DEFAULT_GATE_CONFIG;
  const protectedRef = optionalTextOf(root.at("protectedRef"));
  return {
    choice: {
      include: globsOf(root.at("include"), usual.choice.include),
      exclude: globsOf(root.at("exclude"), usual.choice.exclude),
    },
    mustSign: listOf(root.at("mustSign"), LIST_MAX).map(imageGlobOf),
    signerImages: listOf(root.at("signerImages"), LIST_MAX).map(pinnedImageOf),
    blockTier: choiceOf(root.at("blockTier"), ["theoretical", "issuable", "existing"]),
    baseline: choiceOf(root.at("baseline"), ["admit", "deny"]),
    systems: readSystems(root.at("systems")),
    embedded: textsOf(root.at("embedded")),
    approvers: textsOf(root.at("approvers")),
    allowedSubjects: listOf(root.at("allowedSubjects"), LIST_MAX).map(subjectOf),
    requireSigned: booleanOf(root.at("requireSigned")) ?? usual.requireSigned,
    ...(protectedRef !== undefined && { protectedRef }),
    registers: globsOf(root.at("register"), usual.registers),
    owners: globsOf(root.at("owners"), usual.owners),
    strict: booleanOf(root.at("strict")) ?? usual.strict,
    trustRoots: Object.fromEntries(
      root
        .at("trustRoots")
        .members()
        .map(([name, anchors]) => [name, fullListOf(anchors, LIST_MAX).map((anchor) => textOf(anchor))]),
    ),
  };
}

/** The file is known by its place, so that the head may be left out; what is there has to be right. */
function judgeHead(root: Field): void {
  const [version, kind] = [root.at("apiVersion"), root.at("kind")];
  if (version.present && version.value !== API_VERSION)
    version.problem("TP005", "apiVersion is not supported", `Write ${API_VERSION}.`);
  if (kind.present && kind.value !== "GateConfig") kind.problem("TP005", "kind is not GateConfig", "Write GateConfig.");
}

function textsOf(field: Field): readonly string[] {
  return listOf(field, LIST_MAX).map((item) => textOf(item));
}

/** One pattern, or a list of them. */
function globsOf(field: Field, usual: readonly PathGlob[]): readonly PathGlob[] {
  if (!field.present) return usual;
  const items = typeof field.value === "string" ? [field] : listOf(field, LIST_MAX);
  return items.flatMap((item) => {
    const text = textOf(item);
    const glob = parsePathGlob(text);
    if (glob) return [glob];
    if (text !== "") item.problem("TP007", `${quote(text)} is not a pattern of paths`, "As in policies/**/*.yaml.");
    return [];
  });
}

function imageGlobOf(item: Field): string {
  const text = textOf(item);
  const compiled = compileGlob("pc", text);
  if (text !== "" && !compiled.ok) item.problem("TP007", `${quote(text)}: ${compiled.detail}`);
  return text;
}

function pinnedImageOf(item: Field): string {
  const text = textOf(item);
  if (text !== "" && !/@sha256:[0-9a-f]{64}$/.test(text))
    item.problem("TP007", `${quote(text)} has no digest`, "Name the image with its digest, image@sha256:….");
  return text;
}

function subjectOf(item: Field): string {
  const text = textOf(item);
  if (text !== "" && !/^(?:Group|User) \S+$|^ServiceAccount [^\s/]+\/[^\s/]+$/.test(text))
    item.problem("TP007", `${quote(text)} is not a subject`, "Group name, User name or ServiceAccount namespace/name.");
  return text;
}

function readSystems(field: Field): readonly DeclaredSystem[] {
  const systems = listOf(field).map(readSystem);
  for (const [i, { id }] of systems.entries()) {
    if (systems.findIndex((other) => other.id === id) < i) field.problem("TP006", `two systems ${quote(id)}`);
  }
  return systems;
}

function readSystem(field: Field): DeclaredSystem {
  field.only("id", "engine", "cluster", "sources");
  const cluster = optionalTextOf(field.at("cluster"));
  return {
    id: textOf(field.at("id")),
    engine: engineOf(field.at("engine")),
    ...(cluster !== undefined && { cluster }),
    sources: fullListOf(field.at("sources"), LIST_MAX).map((source) => textOf(source)),
  };
}

function engineOf(field: Field): GateEngineName {
  if (!field.present) field.problem("TP004", `${field.path} is missing`);
  return choiceOf<GateEngineName>(field, GATE_ENGINES);
}
