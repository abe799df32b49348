import { re2jsCompiler } from "../../../src/adapters/re2js/regex-compiler.ts";
import { admits, completeTuple, type Tuple } from "../../../src/core/gate/decide/tuple.ts";
import { boxesOf } from "../../../src/core/gate/form/need.ts";
import { ENGINE_DOWN, type System } from "../../../src/core/gate/form/system.ts";
import type { Point } from "../../../src/core/gate/form/zone.ts";
import { judgePolicyChange, type PolicyChangeOptions } from "../../../src/core/gate/judge/judge-policies.ts";
import { certificateAnchors, keyAnchors, PUBLIC_GOOD } from "../../../src/core/gate/readers/anchors.ts";
import type { GateTree } from "../../../src/core/gate/readers/tree.ts";
import { toGateReport, type GateReport } from "../../../src/core/gate/report.ts";
import { parseRfc3339, type UnixMs } from "../../../src/core/time.ts";
import { CONTEXT } from "../../setup/policy-set.ts";
import { expandDigests, readWithStandIns, STAND_INS } from "./stand-ins.ts";

/** What the cases are judged with. */
export const OPTIONS: PolicyChangeOptions = {
  patterns: re2jsCompiler,
  policies: {
    ...CONTEXT,
    now: parseRfc3339("2026-11-24T00:00:00Z") as UnixMs,
    purpose: "load",
    mayApproveLong: () => true,
  },
};

export function treeOf(files: Readonly<Record<string, string>>): GateTree {
  return { files: Object.entries(files).map(([path, text]) => readWithStandIns(path, text)), blobs: new Map() };
}

export function reportOf(base: GateTree, head: GateTree, options: PolicyChangeOptions = OPTIONS): GateReport {
  return toGateReport([judgePolicyChange(base, head, options)], {
    base: { oid: "base" },
    head: { oid: "head" },
    engine: { version: "0", re2js: "0", unicode: "0" },
    evaluatedAt: "2026-11-24T00:00:00Z",
  });
}

export type EvidenceSpec = {
  readonly issuer?: string;
  readonly san?: string;
  readonly email?: string;
  readonly predicateType?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly root?: string;
  readonly store?: string;
  readonly dn?: Readonly<Record<string, string>>;
  readonly expired?: boolean;
  readonly revoked?: boolean;
  readonly strength?: Readonly<Record<string, boolean>>;
};
export type PlaceSpec = {
  readonly image?: string;
  readonly namespace?: string;
  readonly time?: string;
  readonly operation?: string;
  readonly resource?: string;
  readonly nsLabels?: Readonly<Record<string, string>>;
};

/** A request as a case has it. What it does not say is what the usual request has. */
export function toPlace(spec: PlaceSpec): Point {
  const labels = Object.entries(spec.nsLabels ?? { "policy.sigstore.dev/include": "true" });
  const time = spec.time === undefined ? undefined : parseRfc3339(spec.time);
  return new Map<string, string | number>([
    ["transport", "docker"],
    ["artifact", "oci"],
    ["cluster", "prod-1"],
    ["trustRoot", "r"],
    ["role", "root"],
    ["apiGroup", "core"],
    ["apiVersion", "v1"],
    ["resource", spec.resource ?? "pods"],
    ["operation", spec.operation ?? "CREATE"],
    ["objectKind", "Pod"],
    ...labels.map(([key, value]) => [`nsLabel:${key}`, `=${value}`] as const),
    ...(spec.image === undefined ? [] : [["image", expandDigests(spec.image)] as const]),
    ...(spec.namespace === undefined || spec.namespace === "any" ? [] : [["namespace", spec.namespace] as const]),
    ...(time === undefined ? [] : [["time", time] as const]),
  ]);
}

/** A piece of evidence as a case has it: everything that it does not say is in order. */
export function toPiece(spec: EvidenceSpec | string, systems: readonly System[]): Point {
  if (typeof spec === "string") return new Map([["root", spec === ENGINE_DOWN ? spec : "unknown"]]);
  const fine = dimensionsOf(systems).filter((one) => one.startsWith("strength:") || one.startsWith("check:"));
  const { issuer, san = spec.email, predicateType, expired, revoked } = spec;
  return new Map<string, string>([
    ...fine.map((one) => [one, "true"] as const),
    ...["log", "ctlog", "tsa"].map((one) => [one, logOf(spec)] as const),
    ["form", formOf(systems)],
    ["kind", kindOf(spec)],
    ["root", rootOf(spec)],
    ...Object.entries({ issuer, san, predicateType }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
    ...Object.entries(spec.dn ?? {}).map(([name, value]) => [`dn:${name}`, `=${value}`] as const),
    ...Object.entries({ expiry: expired, revocation: revoked }).map(
      ([name, isBad = false]) => [`check:${name}`, String(!isBad)] as const,
    ),
    ...Object.entries(spec.strength ?? {}).map(([name, value]) => [`strength:${name}`, String(value)] as const),
  ]);
}

function dimensionsOf(systems: readonly System[]): readonly string[] {
  const boxes = systems.flatMap(({ rules }) => rules.flatMap(({ need }) => boxesOf(need)));
  return [...new Set(boxes.flatMap(({ zone }) => [...zone.keys()]))];
}

function logOf({ ca }: EvidenceSpec): string {
  return ca === undefined ? PUBLIC_GOOD : (keyAnchors(STAND_INS.get("rk") ?? "")?.[0] ?? "");
}

function kindOf({ predicateType, store }: EvidenceSpec): string {
  if (predicateType !== undefined) return "attestation";
  return store === undefined ? "image-signature" : "notation-signature";
}

function rootOf({ key, ca, root, store }: EvidenceSpec): string {
  const pem = STAND_INS.get(key ?? ca ?? root ?? "") ?? "";
  if (store !== undefined) return `store:${store}`;
  return (key === undefined ? certificateAnchors(pem) : keyAnchors(pem))?.[0] ?? PUBLIC_GOOD;
}

function formOf(systems: readonly System[]): string {
  const boxes = systems.flatMap(({ rules }) => rules.flatMap(({ need }) => boxesOf(need)));
  const sets = boxes.flatMap(({ zone }) => zone.get("form") ?? []);
  return sets.flatMap((set) => (set.kind === "choice" ? set.values : []))[0] ?? "legacy";
}

/** Whether a system admits a tuple of a case. */
export function isAdmitted(system: System, tuple: Tuple, systems: readonly System[]): boolean {
  return admits(system, completeTuple(tuple, systems));
}
