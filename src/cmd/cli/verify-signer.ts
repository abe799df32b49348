import type { Option } from "commander";
import { readInput } from "../../app/read-input.ts";
import type { VerifyWorld } from "../../app/wiring/verify.ts";
import { Fault } from "../../core/fault.ts";
import type { ExpectedSigner } from "../../core/verify/policy.ts";
import { readPublicKeyPem } from "../../core/verify/public-key-pem.ts";
import { optionOf, TRUST } from "./command.ts";

/** Who must have signed, as it is typed. */
export type SignerOptions = {
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
  readonly key?: string;
};

/** The names of the options above, for those that cannot go with them. */
export const SIGNER_OPTIONS: readonly string[] = [
  "certificateIdentity",
  "certificateIdentityRegexp",
  "certificateOidcIssuer",
  "certificateOidcIssuerRegexp",
  "key",
];

/** cosign's names. Unlike there, a pattern is one of the whole text: one that is found anywhere is anybody's. */
export function signerOptions(): readonly Option[] {
  const [san, issuer] = ["certificateIdentity", "certificateOidcIssuer"];
  return [
    optionOf(TRUST, "--certificate-identity <san>", "who must have signed, exactly as the certificate says it"),
    optionOf(TRUST, "--certificate-identity-regexp <re2>", "a pattern of that, of the whole of it").conflicts(san),
    optionOf(TRUST, "--certificate-oidc-issuer <url>", "the issuer of that identity, exactly"),
    optionOf(TRUST, "--certificate-oidc-issuer-regexp <re2>", "a pattern of that, of the whole of it").conflicts(
      issuer,
    ),
    optionOf(TRUST, "--key <file>", "a public key in PEM, instead of an identity"),
  ];
}

const KEY_BYTES_MAX = 64 * 1024;

/** Neither half of an identity has a default: a SAN without its issuer is anybody's. Faults: `option.missing`, `input.malformed`. */
export async function readSigner(options: SignerOptions, patterns: VerifyWorld["patterns"]): Promise<ExpectedSigner> {
  const { certificateIdentity: san, certificateOidcIssuer: issuer, key } = options;
  const { certificateIdentityRegexp: sanPattern, certificateOidcIssuerRegexp: issuerPattern } = options;
  const [hasSan, hasIssuer] = [san ?? sanPattern, issuer ?? issuerPattern].map((given) => given !== undefined);
  if (key !== undefined && !hasSan && !hasIssuer) {
    const read = readPublicKeyPem(await readInput(key, KEY_BYTES_MAX));
    if (!read.ok) throw new Fault("input.malformed", `${key}: ${read.detail}`);
    return { key: read.value };
  }
  if (key !== undefined || !hasSan || !hasIssuer) {
    throw new Fault("option.missing", "--certificate-identity with --certificate-oidc-issuer, or --key alone");
  }
  if (san !== undefined && issuer !== undefined) return { identity: { issuer, san } };
  const engine = await patterns();
  const accepts = (exact: string | undefined, pattern: string | undefined): ((text: string) => boolean) => {
    if (pattern === undefined) return (text) => text === exact;
    const compiled = engine.compile(pattern);
    if (!compiled.ok) throw new Fault("input.malformed", `${pattern}: ${compiled.detail}`);
    return (text) => engine.matchesWhole(pattern, text);
  };
  const [isSan, isIssuer] = [accepts(san, sanPattern), accepts(issuer, issuerPattern)];
  return { identity: (found) => isIssuer(found.issuer) && isSan(found.san) };
}
