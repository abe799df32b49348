import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toEffectiveConfig, type ConfigInput } from "./effective.ts";

/** The problems of one file, as printed. */
function problemsOf(text: string, more: Partial<ConfigInput> = {}): readonly string[] {
  const input = { file: { path: "countersign.yaml", text }, env: {}, flags: {}, ...more };
  return toEffectiveConfig(input).problems.map((problem) => problem.text);
}

const DOMAIN = "trust: { domains: [{ name: private, root: { file: { trustedRootFile: root.json } } }] }\n";
const LOG = "logs:\n  - name: rekor-private\n    type: rekor2\n    url: https://log.example\n";

describe("the messages of product chapter §3", () => {
  test.each([
    [
      "unknown key",
      "logs:\n  - name: a\n    typ: rekor2\n    type: rekor2\n    url: https://log.example\n",
      'countersign.yaml:3 logs[0].typ: unknown key. Did you mean "type"?',
    ],
    [
      "two placements match equally",
      `${DOMAIN}placements:\n  - { match: { repositories: ["registry.example/base/**"] }, domain: private }\n  - { match: { repositories: ["registry.example/base/**"] }, domain: private }\n  - { match: { default: true }, domain: private }\n`,
      "countersign.yaml:4 placements[1].match: never reached, placements[0] already matches registry.example/base/**",
    ],
    [
      "no default placement",
      `${DOMAIN}placements:\n  - { match: { repositories: ["registry.example/base/**"] }, domain: private }\n`,
      "countersign.yaml:2 placements: no entry with match.default: true; images outside the listed repositories would have no root of trust",
    ],
    [
      "audience of the API server",
      'clusters:\n  - name: prod\n    audience: "https://kubernetes.default.svc"\n',
      `countersign.yaml:3 clusters[0].audience: "https://kubernetes.default.svc" is the API server's own audience; a stolen token would work against the cluster. Use "sigstore"`,
    ],
    [
      "audience empty",
      'clusters: [{ name: prod, audience: "" }]\n',
      'countersign.yaml:1 clusters[0].audience: empty; a token without an audience is good for everyone. Use "sigstore"',
    ],
    [
      "window without timezone",
      "windows: [{ name: business }]\n",
      "countersign.yaml:1 windows[0].timezone: required (an IANA name); offsets such as +01:00 ignore daylight saving",
    ],
    [
      "window with an offset",
      'windows: [{ name: business, timezone: "+01:00" }]\n',
      "countersign.yaml:1 windows[0].timezone: must be an IANA name; offsets such as +01:00 ignore daylight saving",
    ],
    [
      "secret inline",
      "notify: [{ name: chat, type: slack, url: https://hooks.slack.com/services/T0/B0/abc }]\n",
      "countersign.yaml:1 notify[0].url: looks like a credential (hooks.slack.com path). Put it in a file and use urlFile",
    ],
    [
      "same log for anchor and follow, only one",
      `${LOG}audit: { anchor: { logs: [rekor-private] } }\n`,
      "countersign.yaml:5 audit.anchor.logs: rekor-private is also the log under watch; anchor in a log someone else operates, or add a witness",
    ],
    [
      "plainHttp on a non-loopback host",
      "registries:\n  - host: registry.example\n    plainHttp: true\n",
      "countersign.yaml:3 registries[0].plainHttp: allowed for loopback only",
    ],
  ])("%s", (_, text, message) => {
    expect(problemsOf(text)).toEqual([message]);
  });
});

describe("toEffectiveConfig", () => {
  test.each([
    ["listening beyond loopback without authentication", "server: { listen: 0.0.0.0:8443 }", "server.listen"],
    ["token mode without tokens", "auth: { mode: token }", "auth.tokens"],
    ["oidc mode without an issuer", "auth: { mode: oidc }", "auth.oidc"],
    ["a domain without a root", "trust: { domains: [{ name: a }] }", "trust.domains[0]"],
    [
      "a domain with two roots",
      "trust: { domains: [{ name: a, preset: sigstore-public, root: { file: { trustedRootFile: r } } }] }",
      "trust.domains[0]",
    ],
    ["a domain whose log is not configured", DOMAIN.replace("root:", "logs: [x], root:"), "trust.domains[0].logs[0]"],
    ["a placement into no domain", "placements: [{ match: { default: true }, domain: a }]", "placements[0].domain"],
    [
      "a placement after the default",
      `${DOMAIN}placements: [{ match: { default: true }, domain: private }, { match: { repositories: [a] }, domain: private }]`,
      "placements[1].match",
    ],
    ["two clusters of one name", "clusters: [{ name: a }, { name: a }]", "clusters[1].name"],
    ["a URL with a password", "logs: [{ name: a, type: rekor2, url: 'https://u:p@log.example' }]", "logs[0].url"],
    ["a duration without a unit", "limits: { queryTime: '5' }", "limits.queryTime"],
    ["a text where a number belongs", "limits: { queryRows: many }", "limits.queryRows"],
    ["a port beyond 65535", "server: { listen: '127.0.0.1:70000' }", "server.listen"],
    ["usage telemetry", "telemetry: { usage: anonymous }", "telemetry.usage"],
    ["a list where a map belongs", "server: []", "server"],
  ])("refuses %s and names the field", (_, text, path) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^countersign\.yaml:\d+ /);
    expect(problems[0]?.split(" ")[1]).toBe(`${path}:`);
  });

  test.each([
    ["a key twice", "store: { url: 'sqlite:a' }\nstore: { url: 'sqlite:b' }\n", 2],
    ["an alias", "clusters: &a []\nteams: *a\n", 1],
    ["two documents", "kind: Config\n---\nkind: Config\n", 2],
    ["text that is not YAML", "server: {\n", 2],
  ])("refuses %s with its line", (_, text, line) => {
    const [first = ""] = problemsOf(text);
    expect(first).toMatch(new RegExp(`^countersign\\.yaml:${line}: `));
  });

  test.each([
    [
      "a second document",
      "kind: Config\n---\nkind: Config\n",
      "countersign.yaml:2: a second document begins here; a configuration is one",
    ],
    ["flow lists without end", `a: ${"[".repeat(20_000)}`, "countersign.yaml:1: nested too deeply"],
    ["block lists without end", "- ".repeat(20_000), "countersign.yaml:1: nested too deeply"],
    ["a number for the whole", "3\n", "countersign.yaml:1: must be an object"],
  ])("says what is wrong with %s as whoever wrote the file would", (_, text, message) => {
    expect(problemsOf(text)[0]).toBe(message);
  });

  test("accepts nothing at all: every key has a default", () => {
    const { config, problems } = toEffectiveConfig({ env: {}, flags: {} });
    expect(problems).toEqual([]);
    expect(config?.server.listen).toBe("127.0.0.1:7443");
    expect(config?.auth.mode).toBe("none");
  });

  test("says how many problems there are, not only the first", () => {
    expect(problemsOf("servr: {}\nlimits: { queryRows: 0 }\n")).toHaveLength(2);
  });

  test("never throws, whatever the file holds", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { config, problems } = toEffectiveConfig({ file: { path: "f", text }, env: {}, flags: {} });
        expect(config !== undefined || problems.length > 0).toBe(true);
      }),
    );
  });
});

describe("precedence", () => {
  const file = { path: "countersign.yaml", text: "store:\n  url: sqlite:file.db\n" };
  const env = { COUNTERSIGN_STORE_URL: "sqlite:env.db" };
  const flags = { "store.url": "sqlite:flag.db" };

  test.each([
    ["flag", { file, env, flags }, "sqlite:flag.db", "flag"],
    ["environment", { file, env, flags: {} }, "sqlite:env.db", "env COUNTERSIGN_STORE_URL"],
    ["file", { file, env: {}, flags: {} }, "sqlite:file.db", "countersign.yaml:2"],
    ["default", { env: {}, flags: {} }, "sqlite:countersign.db", "default"],
  ])("the %s wins over what is below it", (_, input, url, source) => {
    const { config, sourceOf } = toEffectiveConfig(input);
    expect(config?.store.url).toBe(url);
    expect(sourceOf(["store", "url"])).toBe(source);
  });

  test("reads numbers and camel-case keys from the environment", () => {
    const { config } = toEffectiveConfig({
      env: { COUNTERSIGN_LIMITS_QUERY_ROWS: "7", COUNTERSIGN_SERVER_PUBLIC_URL: "https://cs.example" },
      flags: {},
    });
    expect(config?.limits.queryRows).toBe(7);
    expect(config?.server.publicUrl).toBe("https://cs.example");
  });

  test("names the variable when its value is wrong", () => {
    const { problems } = toEffectiveConfig({ env: { COUNTERSIGN_STORE_URL: "mysql:x" }, flags: {} });
    expect(problems[0]?.text).toBe("env COUNTERSIGN_STORE_URL store.url: must be sqlite: and a path");
  });

  test("leaves variables alone that Kubernetes sets for a service of our name", () => {
    const foreign = { COUNTERSIGN_SERVER_SERVICE_HOST: "10.0.0.1", COUNTERSIGN_SERVER_PORT: "tcp://10.0.0.1:8443" };
    expect(toEffectiveConfig({ env: foreign, flags: {} }).problems).toEqual([]);
  });
});
