import { EVERYTHING, type Program } from "../../automata/program.ts";
import type { PatternEngine } from "../../policy/read/context.ts";
import { bug } from "../../bug.ts";
import type { IssuerType } from "./register.ts";

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const SUBDOMAIN = String.raw`[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*`;
const ACCOUNT = String.raw`https://kubernetes\.io/namespaces/${LABEL}/serviceaccounts/${SUBDOMAIN}`;
const SEGMENTS = "(?:/[a-zA-Z0-9._-]+)*";
const MAIL_HEAD = "[!-?A-~]+@";
const MAIL_DOMAIN = "[!-?A-~]+";

/**
 * The SANs that Fulcio can put into a certificate for tokens of an issuer, as RE2 of the whole text (change-gate chapter
 * §2.2, Fulcio `pkg/identity/*`). `undefined`: any text, because a template of the configuration decides.
 */
export function sanPatternOf(type: IssuerType, domain: string): string | undefined {
  const literal = domain.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  switch (type) {
    case "kubernetes":
      return ACCOUNT;
    case "spiffe":
      return `spiffe://${literal === "" ? "[a-z0-9._-]+" : literal}${SEGMENTS}`;
    case "email":
      return `${MAIL_HEAD}${MAIL_DOMAIN}`;
    case "uri":
      return literal === "" ? "https?://[!-~]+" : `${literal}[!-~]*`;
    case "username":
      return `[^!]+!${literal === "" ? "[!-~]+" : literal}`;
    case "ci-provider":
      return undefined;
    default:
      return type satisfies never;
  }
}

/** The same as a program. */
export function issuableSans(type: IssuerType, domain: string, patterns: PatternEngine): Program {
  const pattern = sanPatternOf(type, domain);
  if (pattern === undefined) return EVERYTHING;
  const compiled = patterns.compile(`(?s)(?:${pattern})`);
  return compiled.ok ? compiled.value : bug(`grammar of ${type}: ${compiled.detail}`);
}
