import { bug } from "../bug.ts";
import { parseDigestRef } from "../digest.ts";
import { parseNameGlob, parseRepositoryPattern, type NameGlob, type RepositoryPattern } from "./pattern.ts";
import { lookUp } from "./look-up.ts";
import type { ExpectedPattern, ModeRule, PolicyException, SignerFamily, SignerPolicy } from "./signer-policy.ts";
import type { PatternEngine } from "./read/context.ts";
import { authoritiesOf } from "./read/judge-signers.ts";
import type { PolicyDocuments } from "./read/read-set.ts";
import type {
  Enforcement,
  IdentityRule,
  ImageFamily,
  NamespaceMode,
  TextRule,
  TrustException,
} from "./trust-policy.ts";
import { exactly, type Program } from "../automata/program.ts";

/**
 * What detection and the inventory ask of a policy: who may sign which images and when, where it is enforced, and what is
 * excused. Everybody whom a requirement names may sign, for a signature or an attestation.
 */
export function toSignerPolicy({ policy, exceptions }: PolicyDocuments, patterns: PatternEngine): SignerPolicy {
  const { name, families, authorities, enforcement } = policy;
  return {
    name,
    families: families.map((family) => {
      const rules = authoritiesOf(family.require).flatMap((by) => {
        const authority = lookUp(authorities, by);
        return authority?.kind === "sigstore" ? authority.identities : [];
      });
      return toFamily(family, rules, patterns);
    }),
    namespaces: toModes(enforcement),
    exceptions: exceptions.map(toException),
  };
}

function toFamily(
  { name, images, except, time }: ImageFamily,
  rules: readonly IdentityRule[],
  patterns: PatternEngine,
): SignerFamily {
  const exact = rules.flatMap(({ issuer, san }) =>
    issuer.kind === "exact" && san.kind === "exact" ? { issuer: issuer.text, san: san.text, sanType: san.type } : [],
  );
  const wide = rules.filter(({ issuer, san }) => issuer.kind === "pattern" || san.kind === "pattern");
  return {
    name,
    images: images.map(patternOf),
    except: except.map(patternOf),
    identities: exact,
    ...(wide.length > 0 && { patterns: wide.flatMap((rule) => toPattern(rule, patterns)) }),
    windows: time.windows,
  };
}

function toPattern({ issuer, san }: IdentityRule, patterns: PatternEngine): readonly ExpectedPattern[] {
  const [left, right] = [programOf(issuer, patterns), programOf(san, patterns)];
  const shown = `${san.kind === "exact" ? san.text : san.pattern} @ ${issuer.kind === "exact" ? issuer.text : issuer.pattern}`;
  return left && right ? [{ issuer: left, san: right, sanType: san.type, shown }] : [];
}

function programOf(rule: TextRule, patterns: PatternEngine): Program | undefined {
  if (rule.kind === "exact") return exactly(rule.text);
  const compiled = patterns.compile(rule.pattern);
  return compiled.ok ? compiled.value : undefined;
}

/** In the order in which they decide: exemptions, namespaces, the rest. */
function toModes({ exempt, namespaces, byDefault }: Enforcement): readonly ModeRule[] {
  return [
    ...exempt.map(({ match, owner, reason }): ModeRule => ({
      match: match.map(globOf),
      mode: "exempt",
      owner,
      reason,
    })),
    ...namespaces.map(({ match, mode }) => toMode(match, mode)),
    ...(byDefault.kind === "audit" ? [toMode(["*"], byDefault)] : []),
  ];
}

function toMode(match: readonly string[], mode: NamespaceMode): ModeRule {
  const globs = match.map(globOf);
  if (mode.kind === "enforce") return { match: globs, mode: "enforce", owner: "", reason: "" };
  return { match: globs, mode: "audit", owner: mode.owner, reason: mode.reason, until: mode.until };
}

function toException(exception: TrustException): PolicyException {
  const { name, digests, repository, namespaces, reasonCodes, reason, ticket, requester, approver, notBefore, ends } =
    exception;
  return {
    name,
    digests: digests.flatMap((digest) => parseDigestRef(digest) ?? []),
    images: repository === undefined ? [] : [patternOf(repository)],
    namespaces: namespaces.map(globOf),
    reasonCodes,
    reason,
    ticket,
    requester: `${requester.subject} @ ${requester.issuer}`,
    approver: `${approver.subject} @ ${approver.issuer}`,
    notBefore,
    ends,
  };
}

/** The reader has parsed it before. */
function patternOf(text: string): RepositoryPattern {
  const pattern = parseRepositoryPattern(text);
  if (pattern === "TP101" || pattern === "TP102" || pattern === "TP103") return bug(`${text} was read as a pattern`);
  return pattern;
}

function globOf(text: string): NameGlob {
  return parseNameGlob(text) ?? bug(`${text} was read as a name`);
}
