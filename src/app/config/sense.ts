import type { Config } from "./config.ts";
import type { ConfigPath, ConfigProblem } from "./problem.ts";
import { isLoopback, parseListen } from "./units.ts";

/** What the shape alone cannot say: fields that contradict each other, or are dangerous together (product chapter §3). */
export function judgeSense(config: Config): readonly ConfigProblem[] {
  return [
    ...judgeNames(config),
    ...judgeAudiences(config),
    ...judgePlacements(config),
    ...judgeTrust(config),
    ...judgeRegistries(config),
    ...judgeListening(config),
    ...judgeWindows(config),
    ...judgeNotify(config),
    ...judgeAnchor(config),
  ];
}

function error(path: ConfigPath, message: string): ConfigProblem {
  return { severity: "error", path, message };
}

const NAMED = ["clusters", "logs", "windows", "teams", "notify", "witnesses"] as const;

function judgeNames(config: Config): readonly ConfigProblem[] {
  const lists = [
    ...NAMED.map((key) => [[key], config[key]] as const),
    [["trust", "domains"], config.trust.domains] as const,
    [["notation", "trustStores"], config.notation.trustStores] as const,
  ];
  return lists.flatMap(([path, items]) =>
    items.flatMap(({ name }, i) => {
      const first = items.findIndex((item) => item.name === name);
      return first === i ? [] : [error([...path, i, "name"], `"${name}" is already the name of entry ${first}`)];
    }),
  );
}

const API_SERVER = /^(?:https?:\/\/)?kubernetes(?:\.default(?:\.svc(?:\.[a-z0-9.-]+)?)?)?\/?$/;

function judgeAudiences(config: Config): readonly ConfigProblem[] {
  return config.clusters.flatMap(({ audience, issuer }, i) => {
    const path = ["clusters", i, "audience"];
    if (audience === "")
      return [error(path, 'empty; a token without an audience is good for everyone. Use "sigstore"')];
    if (!API_SERVER.test(audience) && audience !== issuer) return [];
    const why = "is the API server's own audience; a stolen token would work against the cluster";
    return [error(path, `"${audience}" ${why}. Use "sigstore"`)];
  });
}

function judgePlacements(config: Config): readonly ConfigProblem[] {
  const { placements } = config;
  if (placements.length === 0) return [];
  const domains = new Set(config.trust.domains.map(({ name }) => name));
  const unknown = placements.flatMap(({ domain }, i) =>
    domains.has(domain) ? [] : [error(["placements", i, "domain"], `no trust domain has the name "${domain}"`)],
  );
  const missing = placements.some(({ match }) => match.default)
    ? []
    : [
        error(
          ["placements"],
          "no entry with match.default: true; images outside the listed repositories would have no root of trust",
        ),
      ];
  return [...unknown, ...missing, ...unreached(config)];
}

/** A placement whose every pattern an earlier one already has can never match. Equal text only: what overlaps in part is legal. */
function unreached(config: Config): readonly ConfigProblem[] {
  const { placements } = config;
  return placements.flatMap(({ match }, i) => {
    const earlier = placements.slice(0, i);
    const byDefault = earlier.findIndex((placement) => placement.match.default);
    const path = ["placements", i, "match"];
    if (byDefault >= 0) return [error(path, `never reached, placements[${byDefault}] already matches everything`)];
    if (match.default || match.repositories.length === 0) return [];
    const taken = match.repositories.map((pattern) =>
      earlier.findIndex((placement) => placement.match.repositories.includes(pattern)),
    );
    const [first = -1] = taken;
    const pattern = match.repositories[0] ?? "";
    return taken.every((by) => by >= 0)
      ? [error(path, `never reached, placements[${first}] already matches ${pattern}`)]
      : [];
  });
}

function judgeTrust(config: Config): readonly ConfigProblem[] {
  const logs = new Set(config.logs.map(({ name }) => name));
  return config.trust.domains.flatMap((domain, i) => {
    const path = ["trust", "domains", i];
    const unknown = domain.logs.flatMap((name, j) =>
      logs.has(name) ? [] : [error([...path, "logs", j], `no entry of logs has the name "${name}"`)],
    );
    const roots = [domain.preset, domain.root?.file, domain.root?.tuf].filter((root) => root !== undefined);
    const rootless = "needs one source of its root: preset, root.file or root.tuf";
    const several = "has more than one source of its root; roots are never merged";
    return [...unknown, ...(roots.length === 1 ? [] : [error(path, roots.length === 0 ? rootless : several)])];
  });
}

function judgeRegistries(config: Config): readonly ConfigProblem[] {
  return config.registries.flatMap(({ host, plainHttp }, i) =>
    plainHttp && !isLoopback(host.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""))
      ? [error(["registries", i, "plainHttp"], "allowed for loopback only")]
      : [],
  );
}

function judgeListening(config: Config): readonly ConfigProblem[] {
  const { auth, server } = config;
  const host = parseListen(server.listen)?.host ?? "";
  const needs: ConfigProblem[] = [];
  if (auth.mode === "none" && !isLoopback(host)) {
    needs.push(error(["server", "listen"], "reachable from other machines; set auth.mode, or listen on 127.0.0.1"));
  }
  if (auth.mode === "token" && auth.tokens.length === 0)
    needs.push(error(["auth", "tokens"], "required with mode token"));
  if (auth.mode === "oidc" && !auth.oidc) needs.push(error(["auth", "oidc"], "required with mode oidc"));
  return needs;
}

const ZONE = /^(?:UTC|[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){1,2})$/;

function judgeWindows(config: Config): readonly ConfigProblem[] {
  return config.windows.flatMap(({ timezone }, i) =>
    ZONE.test(timezone)
      ? []
      : [error(["windows", i, "timezone"], "must be an IANA name; offsets such as +01:00 ignore daylight saving")],
  );
}

/** Places where services put a credential into the path of a URL. */
const CREDENTIAL_PATHS = [
  { pattern: /^https:\/\/hooks\.slack\.com\/(?:services|workflows)\//, what: "hooks.slack.com path" },
  { pattern: /^https:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\//, what: "discord webhook path" },
  { pattern: /^https:\/\/[\w.-]+\.webhook\.office\.com\//, what: "webhook.office.com path" },
  { pattern: /[?&](?:token|key|secret|password|sig|access_token)=/i, what: "secret in the query" },
];

function judgeNotify(config: Config): readonly ConfigProblem[] {
  return config.notify.flatMap(({ url, urlFile }, i) => {
    const path = ["notify", i];
    const found = url === undefined ? undefined : CREDENTIAL_PATHS.find(({ pattern }) => pattern.test(url));
    if (found) {
      return [error([...path, "url"], `looks like a credential (${found.what}). Put it in a file and use urlFile`)];
    }
    return (url === undefined) === (urlFile === undefined) ? [error(path, "needs either url or urlFile")] : [];
  });
}

function judgeAnchor(config: Config): readonly ConfigProblem[] {
  const { anchor } = config.audit;
  if (!anchor || anchor.witnesses.length > 0) return [];
  const watched = new Set(config.logs.filter(({ follow }) => follow === "all").map(({ name }) => name));
  const [only, ...others] = anchor.logs;
  if (only === undefined || others.length > 0 || !watched.has(only)) return [];
  const message = `${only} is also the log under watch; anchor in a log someone else operates, or add a witness`;
  return [{ severity: "warning", path: ["audit", "anchor", "logs"], message }];
}
