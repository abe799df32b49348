import { EVERYTHING } from "../../automata/program.ts";
import type { Requirement } from "../trust-policy.ts";
import type { ImportBook, ImportedRule, Region } from "./imported.ts";
import { printPattern, REFERENCE_TAIL, regionOf } from "./regions.ts";

/** What images under a scope need. */
export type Scoped = {
  readonly name: string;
  /** `host[:port][/path]`, `*.domain`, or a whole reference. */
  readonly scope: string;
  readonly require: Requirement | undefined;
  readonly reference?: "repository";
};

/**
 * Makes rules of scopes, of which the most specific one holds alone (containers-image `docker/policyconfiguration`): a
 * scope is its repository and all below, without what more specific scopes have.
 */
export function toScopeRules(scoped: readonly Scoped[], book: ImportBook): readonly ImportedRule[] {
  return scoped.map(({ name, scope, require, reference }): ImportedRule => {
    const region = toScopeRegion(scope);
    if (!region.own && require) {
      book.loss(name, {
        field: "images",
        kind: "denied",
        effect: `scope ${scope} cannot be said here: its images are denied`,
        remedy: "Write the hosts one by one.",
      });
    }
    const inner = scoped.filter((other) => isInside(other.scope, scope));
    return {
      name,
      regions: [region],
      except: inner.map((other) => toScopeRegion(other.scope)).filter(({ own }) => own),
      require,
      ...(reference && { reference }),
    };
  });
}

function toScopeRegion(scope: string): Region {
  const isRepository = /^[a-z0-9.-]+(?::[0-9]+)?(?:\/[a-z0-9._-]+)*$/.test(scope);
  const own = !isRepository ? undefined : scope.includes("/") ? [scope, `${scope}/**`] : [`${scope}/**`];
  return regionOf(scope, own, EVERYTHING);
}

/** Whether a scope is looked for before another: it lies below, or the other is a wildcard. */
function isInside(inner: string, outer: string): boolean {
  if (inner === outer) return false;
  if (outer.startsWith("*.")) return !inner.startsWith("*.") || inner.endsWith(outer.slice(1));
  return inner.startsWith(`${outer}/`);
}

/** One of our patterns as these engines see its images. */
export function printScoped(pattern: string): string {
  return printPattern(pattern, REFERENCE_TAIL);
}
