import type { DigestRef } from "../../digest.ts";
import type { UnixMs } from "../../time.ts";
import { matchesName, matchesRepository, parseNameGlob, parseRepositoryPattern } from "../pattern.ts";
import { EXCUSABLE_CODES } from "../reason-class.ts";
import type { BreakGlass, ImageFamily, TrustException, TrustPolicySet } from "../trust-policy.ts";

/** The family of a repository (`host/path`, normalised). Families are disjoint, so at most one; nothing is asked of anybody. */
export function selectFamily(
  { families }: Pick<TrustPolicySet, "families">,
  repository: string,
): ImageFamily | undefined {
  return families.find(
    ({ images, except }) =>
      images.some((pattern) => isOf(pattern, repository)) && !except.some((pattern) => isOf(pattern, repository)),
  );
}

function isOf(pattern: string, repository: string): boolean {
  const parsed = parseRepositoryPattern(pattern);
  if (parsed === "TP101" || parsed === "TP102" || parsed === "TP103") return false;
  return matchesRepository(parsed, repository);
}

/** What holds for a namespace at a time. */
export type EnforcementAt =
  | { readonly kind: "enforce" }
  | { readonly kind: "audit"; readonly owner: string; readonly until: UnixMs }
  | { readonly kind: "exempt"; readonly owner: string };

/** Exemptions first, then the first entry that matches, then the default. An audit that is over enforces. */
export function enforcementAt(
  { enforcement }: Pick<TrustPolicySet, "enforcement">,
  namespace: string,
  at: UnixMs,
): EnforcementAt {
  const exempt = enforcement.exempt.find(({ match }) => isNamed(match, namespace));
  if (exempt) return { kind: "exempt", owner: exempt.owner };
  const mode = enforcement.namespaces.find(({ match }) => isNamed(match, namespace))?.mode ?? enforcement.byDefault;
  if (mode.kind === "enforce" || at >= mode.until) return { kind: "enforce" };
  return { kind: "audit", owner: mode.owner, until: mode.until };
}

function isNamed(globs: readonly string[], namespace: string): boolean {
  return globs.some((text) => {
    const glob = parseNameGlob(text);
    return glob !== undefined && matchesName(glob, namespace);
  });
}

/** Whether images of no family are let in at a time. */
export function admitsUnmatched({ unmatched }: Pick<TrustPolicySet, "unmatched">, at: UnixMs): boolean {
  return unmatched.kind === "admit" && at < unmatched.until;
}

/** The emergency that holds in a namespace at a time: approved by a second person, begun, and not over. */
export function breakGlassAt(
  emergencies: readonly BreakGlass[],
  namespace: string,
  at: UnixMs,
): BreakGlass | undefined {
  return emergencies.find(
    ({ approved, requester, approver, namespaces, created, ends }) =>
      approved &&
      requester !== undefined &&
      approver !== undefined &&
      requester !== approver &&
      (namespaces.includes("*") || namespaces.includes(namespace)) &&
      at >= created &&
      at < ends,
  );
}

/** An image that failed, as an exception may excuse it. */
export type ExcusedImage = {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: DigestRef;
  readonly namespace: string;
  readonly cluster: string;
  /** Everything that failed. */
  readonly codes: readonly string[];
};

/**
 * The exception that excuses an image at a time: one that names every code that failed, by itself. Two together excuse
 * nothing that neither does: nobody approved their union. What is forged is never excused, whatever a record says.
 */
export function exceptionAt(
  exceptions: readonly TrustException[],
  image: ExcusedImage,
  at: UnixMs,
): TrustException | undefined {
  const isExcusable = image.codes.length > 0 && image.codes.every((code) => EXCUSABLE_CODES.includes(code));
  if (!isExcusable) return undefined;
  return exceptions.find(
    (exception) =>
      at >= exception.notBefore &&
      at < exception.ends &&
      exception.namespaces.includes(image.namespace) &&
      exception.clusters.includes(image.cluster) &&
      image.codes.every((code) => exception.reasonCodes.includes(code)) &&
      isInScope(exception, image),
  );
}

function isInScope({ digests, repository, tagPattern }: TrustException, image: ExcusedImage): boolean {
  if (image.digest !== undefined && digests.includes(image.digest)) return true;
  if (repository === undefined || repository !== image.repository) return false;
  return tagPattern === undefined || (image.tag !== undefined && matchesTag(tagPattern, image.tag));
}

/** `*` is any run of characters; the pattern has been read, so nothing else in it means more than itself. */
function matchesTag(pattern: string, tag: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!tag.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return tag === first;
  let at = first.length;
  for (const part of rest) {
    const found = tag.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return tag.length - last.length >= at && tag.endsWith(last);
}
