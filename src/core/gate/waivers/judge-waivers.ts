import { renderNode } from "../readers/object.ts";
import { toFinding, type GateFinding } from "../finding.ts";
import { spellOrigin, toWhere } from "../judge/explain.ts";
import type { GateDocument } from "../readers/field.ts";
import type { GateWaiverUse } from "../report.ts";
import type { JsonObject } from "../../json/json.ts";
import type { UnixMs } from "../../time.ts";
import { isWaiver, readWaiver, type WaiverSetting } from "./read-waiver.ts";
import type { GateWaiver } from "./waiver.ts";

/** What decides whether a waiver counts: all of it of the base, and the clock of the caller. */
export type WaiverRules = Pick<WaiverSetting, "trustRoots"> & {
  readonly approvers: readonly string[];
  readonly requireSigned: boolean;
  /** Whether the commit that added a file at base is signed by an approver; asked only where that is required. */
  readonly isSigned?: (file: string) => boolean;
};

export type WaiverJudgement = {
  /** Those that cover what is inside them. */
  readonly active: readonly GateWaiver[];
  /** Those that cover nothing, and why. */
  readonly others: readonly GateWaiverUse[];
  readonly findings: readonly GateFinding[];
};

/** Reads the waivers of both sides: those of the base count, by their own terms; those of head are told. */
export function judgeWaivers(
  base: readonly GateDocument[],
  head: readonly GateDocument[],
  setting: WaiverSetting & WaiverRules & { readonly now: UnixMs },
): WaiverJudgement {
  const [old, now] = [base.filter(isWaiver), head.filter(isWaiver)];
  const read = old.map((document) => ({ document, ...readWaiver(document, setting) }));
  const judged = read.flatMap(({ waiver }) => (waiver ? [{ waiver, why: refusalOf(waiver, setting) }] : []));
  const changed = now.filter((document) => !old.some((other) => isSame(document, other)));
  const gone = old.filter((document) => !now.some((other) => other.file === document.file));
  const added = changed.map((document) => ({ document, ...readWaiver(document, setting) }));
  return {
    active: judged.flatMap(({ waiver, why }) => (why ? [] : [waiver])),
    others: [
      ...judged.flatMap(({ waiver, why }) =>
        why ? [{ name: waiver.name, file: waiver.origin.file, findings: [], ...why }] : [],
      ),
      ...added
        .filter(({ document }) => !old.some(({ file }) => file === document.file))
        .map(({ document, waiver }): GateWaiverUse => ({
          name: waiver?.name ?? "",
          file: document.file,
          state: "head-only",
          findings: [],
          detail: "it counts from the next change on",
        })),
    ],
    findings: [
      ...[
        ...read.map((one) => ({ ...one, revision: "base" as const })),
        ...added.map((one) => ({ ...one, revision: "head" as const })),
      ].flatMap(({ problems, revision }) =>
        problems.map(({ origin, message }) =>
          toFinding({
            code: "GC005",
            level: "malformed",
            system: "waivers",
            message,
            where: toWhere(origin, revision),
          }),
        ),
      ),
      ...changed.map((document) => changeFinding(document, "head")),
      ...gone.map((document) => changeFinding(document, "base")),
    ],
  };
}

function isSame(a: GateDocument, b: GateDocument): boolean {
  return a.file === b.file && a.document === b.document && renderNode(a.root) === renderNode(b.root);
}

function changeFinding({ file, document, pointer }: GateDocument, revision: "base" | "head"): GateFinding {
  return toFinding({
    code: "GC001",
    level: "warning",
    system: "waivers",
    message:
      revision === "head" ? "a waiver is added or changed; it counts from the next change on" : "a waiver is removed",
    where: { revision, file, line: 1, pointer },
    baseOrigin: spellOrigin({ file, document, pointer, line: 1 }),
  });
}

type Refusal = Pick<GateWaiverUse, "state" | "detail">;

function refusalOf(
  { requestedBy, approvedBy, created, expires, origin }: GateWaiver,
  { now, approvers, requireSigned, isSigned }: WaiverRules & { readonly now: UnixMs },
): Refusal | undefined {
  if (now < created) return { state: "not-yet-valid", detail: "its first day has not come" };
  if (now >= expires) return { state: "expired", detail: "it has ended" };
  const others = approvedBy.filter((one) => one !== requestedBy && approvers.includes(one));
  if (others.length === 0)
    return { state: "unapproved", detail: "nobody approved it who may, other than who asked for it" };
  if (requireSigned && isSigned?.(origin.file) !== true) {
    return { state: "unapproved", detail: "the commit that added it is not known to be signed by an approver" };
  }
  return undefined;
}

/** Marks findings of other parts of the gate that a waiver names: by code and exactly what they are about. */
export function coverFindings(
  findings: readonly GateFinding[],
  waivers: readonly GateWaiver[],
): readonly GateFinding[] {
  return findings.map((finding) => {
    const waiver = waivers.find((one) => one.findings.some((waived) => isNamed(waived, finding)));
    return waiver ? { ...finding, waiver: waiver.name } : finding;
  });
}

function isNamed(waived: GateWaiver["findings"][number], { code, witness = {} }: GateFinding): boolean {
  const { code: wanted, ...about } = waived;
  // An identity that a certificate shows is its SAN.
  const { san: identity } = witness;
  const known: JsonObject = { ...(identity !== undefined && { identity }), ...witness };
  return code === wanted && Object.entries(about).every(([name, text]) => known[name] === text);
}
