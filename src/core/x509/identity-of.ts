import type { Identity } from "../identity/identity.ts";
import { malformed, parsed, type Parsed } from "../parsed.ts";
import type { Certificate } from "./certificate.ts";

export type IdentityCode = "san-count" | "issuer-missing" | "issuer-conflict";

const ISSUER_V1 = 1;
const ISSUER_V2 = 8;

/**
 * The identity a Fulcio certificate states (fulcio `docs/oid-info.md`): the issuer of extension `.8`, of `.1` only
 * where `.8` is absent, and the one name it has. When both issuers are there they must agree.
 */
export function identityOf(certificate: Certificate): Parsed<Identity, IdentityCode> {
  const { sans, sanCount, fulcio } = certificate;
  const [san] = sans;
  if (sanCount !== 1 || !san) return malformed("san-count", `${sanCount} names, ${sans.length} of them an identity's`);
  const v1 = fulcio.get(ISSUER_V1);
  const v2 = fulcio.get(ISSUER_V2);
  if (v1 !== undefined && v2 !== undefined && v1 !== v2)
    return malformed("issuer-conflict", "extensions .1 and .8 differ");
  const issuer = v2 ?? v1;
  if (issuer === undefined || issuer === "") return malformed("issuer-missing", "neither extension .8 nor .1");
  return parsed({ issuer, san: san.value, sanType: san.type });
}
