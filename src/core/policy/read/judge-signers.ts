import { unreachable } from "../../bug.ts";
import { toHex } from "../../bytes/hex.ts";
import { exactly, type Program } from "../../automata/program.ts";
import { includes } from "../../automata/includes.ts";
import type { Authority, IdentityRule, NotationAuthority, Requirement, TextRule } from "../trust-policy.ts";
import { lookUp } from "../look-up.ts";
import type { PatternEngine } from "./context.ts";
import { mayBothHold, parseDistinguishedName } from "./distinguished-name.ts";
import type { Field } from "./field.ts";

type Branching = { readonly require: Requirement; readonly field: Field };
type Known = { readonly authorities: Readonly<Record<string, Authority>>; readonly patterns: PatternEngine };

/**
 * Proves that no signer counts for two branches of an `atLeast` (TP403). Branches then need different evidence, and the
 * number of passes is the number of signers.
 */
export function judgeDistinctSigners({ require, field }: Branching, known: Known): void {
  if (require.op !== "atLeast" || require.n < 2) return;
  const branches = require.of.map((branch) => [...new Set(authoritiesOf(branch))]);
  for (const [i, a] of branches.entries()) {
    for (const [j, b] of branches.entries()) {
      const shared = i < j ? sharedOfBranches(a, b, known) : undefined;
      if (shared !== undefined)
        field.problem("TP403", `branches ${i + 1} and ${j + 1} both accept ${shared}: one signer would count twice`);
    }
  }
}

/** The authorities that a requirement names. */
export function authoritiesOf(require: Requirement): readonly string[] {
  switch (require.op) {
    case "all":
    case "any":
    case "atLeast":
      return require.of.flatMap(authoritiesOf);
    case "signature":
    case "attestation":
      return [require.by];
    default:
      return unreachable(require);
  }
}

function sharedOfBranches(a: readonly string[], b: readonly string[], known: Known): string | undefined {
  for (const left of a) {
    for (const right of b) {
      const shared = left === right ? `authority ${left}` : sharedSigner(left, right, known);
      if (shared !== undefined) return shared;
    }
  }
  return undefined;
}

function sharedSigner(left: string, right: string, { authorities, patterns }: Known): string | undefined {
  const [a, b] = [lookUp(authorities, left), lookUp(authorities, right)];
  if (!a || !b) return undefined;
  if (a.kind === "sigstore" && b.kind === "sigstore") {
    return a.identities.flatMap((x) => b.identities.flatMap((y) => sharedIdentity(x, y, patterns) ?? []))[0];
  }
  if (a.kind === "key" && b.kind === "key") {
    return toHex(a.publicKey) === toHex(b.publicKey) ? `the key of ${left} and ${right}` : undefined;
  }
  return a.kind === "notation" && b.kind === "notation" ? sharedName(a, b) : undefined;
}

/** An identity that both rules accept, as a witness; the root does not matter: it would be the same signer. */
function sharedIdentity(a: IdentityRule, b: IdentityRule, patterns: PatternEngine): string | undefined {
  const differs = Object.entries(a.extensions).some(
    ([number, value]) => Object.hasOwn(b.extensions, number) && b.extensions[number] !== value,
  );
  if (a.san.type !== b.san.type || differs) return undefined;
  const issuer = sharedText(a.issuer, b.issuer, patterns);
  const san = issuer === undefined ? undefined : sharedText(a.san, b.san, patterns);
  return san === undefined ? undefined : `{${issuer}, ${san}}`;
}

/** A text that both rules accept. What cannot be decided counts as shared. */
function sharedText(a: TextRule, b: TextRule, patterns: PatternEngine): string | undefined {
  if (a.kind === "exact" && b.kind === "exact") return a.text === b.text ? a.text : undefined;
  const [left, right] = [programOf(a, patterns), programOf(b, patterns)];
  if (!left || !right) return undefined;
  const answer = includes({ left, positive: [], negative: [right] });
  if (answer.kind === "witness") return answer.text;
  return answer.kind === "stopped" ? "an identity that could not be excluded" : undefined;
}

function programOf(rule: TextRule, patterns: PatternEngine): Program | undefined {
  if (rule.kind === "exact") return exactly(rule.text);
  const compiled = patterns.compile(rule.pattern);
  return compiled.ok ? compiled.value : undefined;
}

/** A certificate under a shared store whose subject both could mean. */
function sharedName(a: NotationAuthority, b: NotationAuthority): string | undefined {
  const store = a.trustStores.find((name) => b.trustStores.includes(name));
  if (store === undefined) return undefined;
  const pair = a.identities.flatMap((left) => b.identities.filter((right) => namesMeet(left, right)))[0];
  return pair === undefined ? undefined : `${pair} of trust store ${store}`;
}

function namesMeet(a: string, b: string): boolean {
  if (a === "*" || b === "*") return true;
  const [left, right] = [a, b].map((text) => parseDistinguishedName(text.slice(text.indexOf(":") + 1)));
  return left === undefined || right === undefined || mayBothHold(left, right);
}
