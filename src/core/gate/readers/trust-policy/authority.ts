import { toHex } from "../../../bytes/hex.ts";
import { sha256 } from "../../../digest.ts";
import { parseDistinguishedName } from "../../../policy/read/distinguished-name.ts";
import type {
  Authority,
  IdentityRule,
  KeyAuthority,
  LogRule,
  NotationAuthority,
  TextRule,
} from "../../../policy/trust-policy.ts";
import type { Origin } from "../../form/need.ts";
import { exactText, wholeText } from "../../form/text-language.ts";
import { choiceIn, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { Reading } from "../reading.ts";

export type AuthorityPlace = { readonly reading: Reading; readonly origin: Origin };

/** The evidence that an authority of ours takes, without what it has to be about. */
export function zonesOfAuthority(authority: Authority, place: AuthorityPlace): readonly Zone[] {
  switch (authority.kind) {
    case "sigstore": {
      const { root, identities, formats, log, time, sct } = authority;
      const base = [
        choiceIn("root", [`domain:${root}`]),
        choiceIn("form", formats),
        ...readLog(log, place),
        ...(sct.kind === "required" ? [choiceIn("strength:sct", ["true"])] : []),
        settled("time", time, place),
      ];
      return identities.flatMap((identity) => {
        const zone = zoneOfIdentity(identity, place);
        return (zone && narrow(zone, ...base)) ?? [];
      });
    }
    case "key":
      return zonesOfKey(authority, place);
    case "notation":
      return zonesOfNotation(authority, place);
    default:
      return authority satisfies never;
  }
}

/** A setting that is not taken apart: the same is the same, and of another nothing is known. */
function settled(kind: string, value: object, { reading, origin }: AuthorityPlace): Literal {
  return reading.opaque(kind, JSON.stringify(value, undefined, 2), origin);
}

function readLog({ logs, proof, witnesses, min }: LogRule, place: AuthorityPlace): readonly Literal[] {
  return [
    choiceIn("strength:tlog", ["true"]),
    ...(logs.length > 0 ? [choiceIn("log", logs)] : []),
    ...(proof === "inclusion" ? [choiceIn("strength:inclusion", ["true"])] : []),
    ...(witnesses || min > 1 ? [settled("log", { witnesses: witnesses ?? null, min }, place)] : []),
  ];
}

function zoneOfIdentity({ issuer, san, extensions }: IdentityRule, place: AuthorityPlace): Zone | undefined {
  const literals = [literalOf("issuer", issuer, place), literalOf("san", san, place)];
  const fixed = Object.entries(extensions).map(([number, value]) => choiceIn(`extension:${number}`, [`=${value}`]));
  if (literals.includes(undefined)) return undefined;
  return toZone(...literals.flatMap((literal) => literal ?? []), choiceIn("sanType", [san.type]), ...fixed);
}

/** Patterns are anchored by definition. */
function literalOf(dimension: string, rule: TextRule, { reading, origin }: AuthorityPlace): Literal | undefined {
  if (rule.kind === "exact") return textIn(dimension, exactText(rule.text));
  const language = wholeText(reading.patterns, rule.pattern);
  if (!language.ok) reading.unresolved(origin, `pattern ${rule.pattern.slice(0, 200)}: ${language.detail}`);
  return language.ok ? textIn(dimension, language.value) : undefined;
}

function zonesOfKey({ publicKey, validity, log }: KeyAuthority, place: AuthorityPlace): readonly Zone[] {
  const zone = toZone(
    choiceIn("root", [`key:${toHex(sha256(publicKey)).slice(0, 32)}`]),
    // When the key was good is when the signature has to be from: a moment of the evidence, not of the request.
    { dimension: "signedAt", set: { kind: "time", spans: [{ from: validity.from, to: validity.to }] } },
    ...(log ? readLog(log, place) : []),
  );
  return zone ? [zone] : [];
}

function zonesOfNotation(authority: NotationAuthority, place: AuthorityPlace): readonly Zone[] {
  const { trustStores, identities, reason: _, ...rest } = authority;
  const root = choiceIn(
    "root",
    trustStores.map((store) => `store:ca:${store}`),
  );
  return identities.flatMap((identity) => {
    const name =
      identity === "*" ? new Map<string, string>() : parseDistinguishedName(identity.replace(/^x509\.subject:/, ""));
    const attributes = [...(name ?? [])].map(([attribute, value]) => choiceIn(`dn:${attribute}`, [`=${value}`]));
    return (name && toZone(root, ...attributes, settled("notation", rest, place))) ?? [];
  });
}
