/** What a registry asks for with a 401 (RFC 9110 §11.6.1; distribution `token` specification). */
export type AuthChallenge =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: string; readonly service?: string; readonly scope?: string };

const HEADER_CHARACTERS_MAX = 4096;
const SCHEME = /\s*(?:,\s*)*([A-Za-z0-9-]+)(?=\s+[A-Za-z0-9_-]+\s*=|\s*(?:,|$))/y;
const PARAMETER = /\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",=]+))/y;

/** Reads `WWW-Authenticate`: bearer when it is offered, else basic; `undefined` when neither is. */
export function parseChallenge(header: string): AuthChallenge | undefined {
  if (header.length > HEADER_CHARACTERS_MAX) return undefined;
  const offered = parseSchemes(header);
  const bearer = offered.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  if (!bearer) return offered.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
  const service = bearer.parameters.get("service");
  const scope = bearer.parameters.get("scope");
  return {
    scheme: "bearer",
    realm: bearer.parameters.get("realm") ?? "",
    ...(service !== undefined && { service }),
    ...(scope !== undefined && { scope }),
  };
}

type Offered = { readonly scheme: string; readonly parameters: ReadonlyMap<string, string> };

function parseSchemes(header: string): readonly Offered[] {
  const offered: Offered[] = [];
  let at = 0;
  for (;;) {
    const scheme = matchAt(SCHEME, header, at);
    if (!scheme) return offered;
    at = scheme.end;
    const parameters = new Map<string, string>();
    for (let next = matchAt(PARAMETER, header, at); next; next = matchAt(PARAMETER, header, at)) {
      const [, name = "", quoted, bare = ""] = next.groups;
      parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? bare);
      at = next.end;
    }
    offered.push({ scheme: (scheme.groups[1] ?? "").toLowerCase(), parameters });
  }
}

function matchAt(pattern: RegExp, text: string, at: number): { groups: readonly string[]; end: number } | undefined {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = at;
  const groups = sticky.exec(text);
  return groups ? { groups, end: sticky.lastIndex } : undefined;
}
