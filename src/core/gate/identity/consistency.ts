import { parseServiceAccountSan, toServiceAccountSan } from "../../identity/identity.ts";
import { editDistance } from "../../text/edit-distance.ts";
import { placed, type IdentityFinding, type IdentitySide } from "./identity-question.ts";
import { nearMissOf } from "./near-miss.ts";
import type { IdentityRegister, RegisterEntry } from "./register.ts";

/** More entries than this are compared with their neighbours only. */
const PAIRS_ENTRIES_MAX = 2000;

/** The registers of both sides. */
export type RegisterChange = {
  readonly before: Pick<IdentitySide, "register">;
  readonly after: Pick<IdentitySide, "register">;
};

/** GI007, GI008: entries of the head's register agree with themselves, and are not taken for each other. */
export function judgeConsistency({ before, after }: RegisterChange): readonly IdentityFinding[] {
  const { register } = after;
  if (!register) return [];
  const old = new Map((before.register?.entries ?? []).map((entry) => [entry.id, entry]));
  return register.entries.flatMap((entry, i) => {
    const isNew = !isSame(old.get(entry.id), entry);
    const others = register.entries.slice(Math.max(0, i - PAIRS_ENTRIES_MAX), i);
    return [...disagreeing(entry, isNew), ...alike(entry, others, isNew), ...nearIssuer(entry, register, isNew)];
  });
}

function isSame(was: RegisterEntry | undefined, is: RegisterEntry): boolean {
  return (
    was !== undefined &&
    was.san === is.san &&
    was.issuer === is.issuer &&
    was.workload?.namespace === is.workload?.namespace &&
    was.workload?.serviceAccount === is.workload?.serviceAccount
  );
}

function disagreeing(entry: RegisterEntry, isNew: boolean): readonly IdentityFinding[] {
  const { workload, san, isPattern } = entry;
  const said = isPattern ? undefined : parseServiceAccountSan(san);
  if (!workload || !said) return [];
  if (said.namespace === workload.namespace && said.serviceAccount === workload.serviceAccount) return [];
  return [
    {
      code: "GI007",
      isNew,
      says: `register entry ${entry.id} names ${san}, and its workload is ${toServiceAccountSan(workload)}`,
      witness: { id: entry.id, san, workload: `${workload.namespace}/${workload.serviceAccount}` },
      where: placed("head", entry.place),
    },
  ];
}

function alike(entry: RegisterEntry, others: readonly RegisterEntry[], isNew: boolean): readonly IdentityFinding[] {
  const near = others.find((other) => other.issuer === entry.issuer && likenessOf(other, entry) !== undefined);
  const how = near && likenessOf(near, entry);
  if (!near || how === undefined) return [];
  // Two rights of one identity, or a likeness that somebody has looked at, are told once.
  if (!isNew) return [];
  const isTwice = how === "the same SAN" && !areApart(near, entry);
  return [
    {
      code: "GI007",
      isNew,
      ...(!isTwice && { level: "warning" as const }),
      says: `register entries ${near.id} and ${entry.id} have ${how}`,
      witness: { id: entry.id, other: near.id, san: entry.san },
      where: placed("head", entry.place),
    },
  ];
}

/** Two entries of one identity are one identity's different rights when they name different images. */
function areApart(a: RegisterEntry, b: RegisterEntry): boolean {
  return a.images.every((image) => !b.images.includes(image));
}

function likenessOf(a: RegisterEntry, b: RegisterEntry): string | undefined {
  if (a.san === b.san) return "the same SAN";
  if (folded(a.san) === folded(b.san)) return "SANs that look the same";
  const [left, right] = [parseServiceAccountSan(a.san), parseServiceAccountSan(b.san)];
  if (!left || !right || left.serviceAccount !== right.serviceAccount || left.namespace === right.namespace)
    return undefined;
  return editDistance(left.namespace, right.namespace) === 1 ? "namespaces that differ by one character" : undefined;
}

/** NFKC and case folding: what looks the same in most fonts. */
function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

function nearIssuer(entry: RegisterEntry, { issuers }: IdentityRegister, isNew: boolean): readonly IdentityFinding[] {
  const urls = issuers.map(({ url }) => url);
  const near = urls.includes(entry.issuer) ? undefined : nearMissOf(entry.issuer, urls);
  if (!near) return [];
  return [
    {
      code: "GI008",
      isNew,
      says: `register entry ${entry.id} has the issuer ${entry.issuer}; issuers has ${near.issuer}, which differs by ${near.by}`,
      witness: { id: entry.id, issuer: entry.issuer, managed: near.issuer },
      where: placed("head", entry.place),
    },
  ];
}
