import { malformed, parsed, type Parsed } from "../../core/parsed.ts";

/** What the public conformance suite asks (sigstore-conformance `docs/cli_protocol.md`). */
export type ConformanceRequest =
  | {
      readonly command: "sign-bundle";
      readonly staging: boolean;
      readonly inToto: boolean;
      readonly identityToken: string;
      readonly bundle: string;
      readonly trustedRoot?: string;
      readonly signingConfig?: string;
      readonly file: string;
    }
  | {
      readonly command: "verify-bundle";
      readonly staging: boolean;
      readonly bundle: string;
      readonly signer:
        | { readonly kind: "identity"; readonly identity: string; readonly issuer: string }
        | { readonly kind: "key"; readonly file: string };
      readonly trustedRoot?: string;
      /** A path, or `sha256:` with 64 digits. */
      readonly fileOrDigest: string;
    };

const FLAGS: ReadonlySet<string> = new Set(["--staging", "--in-toto"]);
const OPTIONS: ReadonlySet<string> = new Set([
  "--identity-token",
  "--bundle",
  "--trusted-root",
  "--signing-config",
  "--certificate-identity",
  "--certificate-oidc-issuer",
  "--key",
]);

/** Reads the arguments after the program's name. */
export function parseConformanceArguments(args: readonly string[]): Parsed<ConformanceRequest, "usage"> {
  const [command, ...rest] = args;
  const split = splitArguments(rest);
  if (!split.ok) return split;
  if (command === "verify-bundle") return toVerifyRequest(split.value);
  if (command === "sign-bundle") return toSignRequest(split.value);
  return malformed("usage", "the first argument is neither sign-bundle nor verify-bundle");
}

type Split = {
  readonly flags: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
  readonly positional: string;
};

function splitArguments(args: readonly string[]): Parsed<Split, "usage"> {
  const flags = new Set<string>();
  const options = new Map<string, string>();
  const positional: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (FLAGS.has(word)) flags.add(word);
    else if (OPTIONS.has(word)) {
      const value = rest.shift();
      if (value === undefined || options.has(word)) return malformed("usage", `${word} needs exactly one value`);
      options.set(word, value);
    } else if (word.startsWith("--")) return malformed("usage", `${word} is not known`);
    else positional.push(word);
  }
  const [only, ...others] = positional;
  return only === undefined || others.length > 0
    ? malformed("usage", `${positional.length} files where one is needed`)
    : parsed({ flags, options, positional: only });
}

function toVerifyRequest({ flags, options, positional }: Split): Parsed<ConformanceRequest, "usage"> {
  const bundle = options.get("--bundle");
  const key = options.get("--key");
  const identity = options.get("--certificate-identity");
  const issuer = options.get("--certificate-oidc-issuer");
  const trustedRoot = options.get("--trusted-root");
  if (bundle === undefined) return malformed("usage", "--bundle is missing");
  const isIdentity = identity !== undefined && issuer !== undefined;
  if (isIdentity === (key !== undefined)) {
    return malformed("usage", "either --certificate-identity with --certificate-oidc-issuer, or --key");
  }
  return parsed({
    command: "verify-bundle",
    staging: flags.has("--staging"),
    bundle,
    signer: isIdentity ? { kind: "identity", identity, issuer } : { kind: "key", file: key ?? "" },
    ...(trustedRoot !== undefined && { trustedRoot }),
    fileOrDigest: positional,
  });
}

function toSignRequest({ flags, options, positional }: Split): Parsed<ConformanceRequest, "usage"> {
  const bundle = options.get("--bundle");
  const identityToken = options.get("--identity-token");
  const trustedRoot = options.get("--trusted-root");
  const signingConfig = options.get("--signing-config");
  if (bundle === undefined || identityToken === undefined) {
    return malformed("usage", "--bundle and --identity-token are needed");
  }
  return parsed({
    command: "sign-bundle",
    staging: flags.has("--staging"),
    inToto: flags.has("--in-toto"),
    identityToken,
    bundle,
    ...(trustedRoot !== undefined && { trustedRoot }),
    ...(signingConfig !== undefined && { signingConfig }),
    file: positional,
  });
}
