import { unreachable } from "../../core/bug.ts";
import { parseUtf8 } from "../../core/bytes/utf8.ts";
import { Fault } from "../../core/fault.ts";
import { secret } from "../../core/secret.ts";
import type { Clock } from "../../ports/clock.ts";
import type { HttpClient } from "../../ports/http-client.ts";
import type { AuthConfig } from "../config/config.ts";
import { type Authenticator, bearerTokens, type NamedToken, openToLoopback } from "../http/auth.ts";
import { readInput } from "../read-input.ts";

const TOKEN_FILE_BYTES_MAX = 4096;
/** 24 random bytes as base64url; anything shorter can be guessed by trying. */
const TOKEN_CHARS_MIN = 32;

/** How callers are known, by `auth` of the configuration. Faults: `config.invalid`, those of reading token files. */
export async function openAuthenticator(
  auth: AuthConfig,
  deps: { readonly http: HttpClient; readonly clock: Pick<Clock, "now"> },
): Promise<Authenticator> {
  switch (auth.mode) {
    case "none":
      return openToLoopback;
    case "token":
      return bearerTokens(await Promise.all(auth.tokens.map(readToken)));
    case "oidc": {
      if (!auth.oidc) throw new Fault("config.invalid", "auth.oidc: required with mode oidc");
      // Loaded here: of the modes only this one needs a package.
      const { oidcTokens } = await import("../http/oidc.ts");
      return oidcTokens(deps, auth.oidc);
    }
    default:
      return unreachable(auth.mode);
  }
}

async function readToken({ name, tokenFile }: AuthConfig["tokens"][number]): Promise<NamedToken> {
  const text = parseUtf8(await readInput(tokenFile, TOKEN_FILE_BYTES_MAX))?.trim() ?? "";
  if (/^[\w.~+/=-]+$/.test(text) && text.length >= TOKEN_CHARS_MIN) return { name, token: secret(text) };
  const about = `auth.tokens ${name}: ${tokenFile} must hold one token of at least ${TOKEN_CHARS_MIN} letters, digits and . ~ + / = - _`;
  throw new Fault("config.invalid", about);
}
