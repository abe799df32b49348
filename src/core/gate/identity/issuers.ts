import { unionIncludes } from "../../automata/compare.ts";
import { exactly, NOTHING, type Program } from "../../automata/program.ts";
import { fulcioIssuers, type FulcioIssuer } from "../../lint/controller-config.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import { placeOf, pointerOf } from "../../pipelines/definitions/source-node.ts";
import type { IdentityFinding, IdentityQuestion } from "./identity-question.ts";
import { nearMissOf } from "./near-miss.ts";
import type { IdentityRegister } from "./register.ts";

/** GI005, GI008: Fulcio takes no tokens that it did not take, or reads them otherwise, unless the register has the issuer. */
export function judgeIssuers({ before, after, patterns }: IdentityQuestion): readonly IdentityFinding[] {
  const old = fulcioIssuers(before.scene.set);
  return fulcioIssuers(after.scene.set).flatMap((issuer) =>
    judgeOne(issuer, { old, register: before.register, patterns }),
  );
}

type Around = {
  readonly old: readonly FulcioIssuer[];
  readonly register: IdentityRegister | undefined;
  readonly patterns: PatternEngine;
};

function judgeOne(issuer: FulcioIssuer, { old, register, patterns }: Around): readonly IdentityFinding[] {
  const same = old.filter((one) => readingOf(one) === readingOf(issuer));
  const listed = (register?.issuers ?? [])
    .filter(({ type, domain }) => type === typeOf(issuer) && domain === domainOf(issuer))
    .map(({ url }) => exactly(url));
  const answer = unionIncludes(
    [programOf(issuer, patterns)],
    [...same.map((one) => programOf(one, patterns)), ...listed],
  );
  if (answer.kind === "included") return [];
  const { file, line } = placeOf(issuer.node);
  const where = { revision: "head" as const, file, line, pointer: pointerOf(issuer.node) };
  const url = answer.kind === "witness" ? answer.text : issuer.url;
  const was = old.find((one) => one.url === issuer.url && one.isMeta === issuer.isMeta);
  const says = was
    ? `Fulcio reads tokens of ${issuer.url} as ${readingOf(issuer)}, and read them as ${readingOf(was)}`
    : `Fulcio takes tokens of ${issuer.isMeta ? `every issuer like ${issuer.url}` : issuer.url}, and did not`;
  const near = nearMissOf(
    url,
    (register?.issuers ?? []).map((one) => one.url),
  );
  return [
    { code: "GI005", isNew: true, says, witness: { issuer: url }, where },
    ...(near === undefined
      ? []
      : [
          {
            code: "GI008" as const,
            isNew: true,
            says: `Fulcio takes the issuer ${url}; the managed one is ${near.issuer}, which differs by ${near.by}`,
            witness: { issuer: url, managed: near.issuer },
            where,
          },
        ]),
  ];
}

function typeOf({ type }: FulcioIssuer): string {
  return type?.text ?? "";
}

function domainOf({ field }: FulcioIssuer): string {
  const [subject = [], spiffe = []] = SETTINGS;
  return (field(...spiffe) ?? field(...subject))?.text ?? "";
}

/** How the tokens of an issuer become identities. */
function readingOf(issuer: FulcioIssuer): string {
  const settings = SETTINGS.flatMap((names) => {
    const value = issuer.field(...names);
    return value ? [`${names[0] ?? ""} ${value.text}`] : [];
  });
  return [typeOf(issuer) || "no type", ...settings].join(", ");
}

/** Spellings of the configuration file and of the operator's resource (sigstore/fulcio `pkg/config/config.go`). */
const SETTINGS: readonly (readonly string[])[] = [
  ["subject-domain", "SubjectDomain", "subjectDomain"],
  ["spiffe-trust-domain", "SPIFFETrustDomain", "spiffeTrustDomain"],
  ["ci-provider", "CIProvider", "ciProvider"],
  ["challenge-claim", "ChallengeClaim", "challengeClaim", "issuer-claim", "IssuerClaim"],
  ["skip-email-verification", "skipEmailVerification"],
];

/** The `*` of a meta issuer is one part of a name (sigstore/fulcio `pkg/config/config.go`, `metaRegex`). */
function programOf({ url, isMeta }: FulcioIssuer, patterns: PatternEngine): Program {
  if (!isMeta) return exactly(url);
  const literal = url.replaceAll(/[\\^$.+?()[\]{}|]/g, String.raw`\$&`);
  const compiled = patterns.compile(literal.replaceAll("*", "[-_a-zA-Z0-9]+"));
  // One that is too long to read is taken for new.
  return compiled.ok ? compiled.value : NOTHING;
}
