import { z } from "zod";
import { API_VERSION } from "../../core/names.ts";
import type { Config } from "./config.ts";
import { parseDurationMs, parseListen, parseSizeBytes } from "./units.ts";

const text = z.string().min(1).max(4096);
const duration = text.refine((value) => parseDurationMs(value) !== undefined, "a duration such as 30s, 15m, 24h, 7d");
const size = text.refine((value) => parseSizeBytes(value) !== undefined, "a size such as 64KiB, 16MiB, 1GiB");
const listen = text.refine((value) => parseListen(value) !== undefined, "host:port, such as 127.0.0.1:7443");
const url = text.regex(/^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/, "an http or https URL without user or password");
const hex32 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 as 64 lower-case hexadecimal digits");
const name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/, "a name of lower-case letters, digits, - and .");
const host = z
  .string()
  .regex(/^[a-z0-9.-]+(?::\d{1,5})?$|^\[[0-9a-f:]+\](?::\d{1,5})?$/, "a host, with a port if need be");
/** Bounds every list, so that no configuration makes a start-up long. */
const LIST_MAX = 1000;
const list = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).max(LIST_MAX);

const server = z.strictObject({
  listen: listen.default("127.0.0.1:7443"),
  publicUrl: url.exactOptional(),
  tls: z.strictObject({ certFile: text, keyFile: text }).exactOptional(),
});

const auth = z.strictObject({
  mode: z.enum(["none", "token", "oidc"]).default("none"),
  tokens: list(z.strictObject({ name, tokenFile: text })).default([]),
  oidc: z.strictObject({ issuer: url, audience: text, usernameClaim: text.default("sub") }).exactOptional(),
});

const cluster = z.strictObject({
  name,
  kubeconfigFile: text.nullable().default(null),
  issuer: url.exactOptional(),
  formerIssuers: list(url).default([]),
  audience: z.string().max(4096).default("sigstore"),
  issuerType: z.enum(["kubernetes", "spiffe"]).default("kubernetes"),
  chains: z.strictObject({ namespace: text, serviceAccount: text }).exactOptional(),
  auditLog: text.exactOptional(),
  results: z.strictObject({ url, tokenFile: text.exactOptional(), caFile: text.exactOptional() }).exactOptional(),
  namespaces: z.strictObject({ include: list(text).default(["*"]), exclude: list(text).default([]) }).prefault({}),
});

const threshold = z.int().min(0).max(16).default(1);
const trustDomain = z.strictObject({
  name,
  preset: z.enum(["sigstore-public"]).exactOptional(),
  fulcio: url.exactOptional(),
  tsa: url.exactOptional(),
  logs: list(name).default([]),
  root: z
    .strictObject({
      file: z.strictObject({ trustedRootFile: text, sha256: hex32.exactOptional() }).exactOptional(),
      tuf: z.strictObject({ url, initialRootFile: text, sha256: hex32.exactOptional() }).exactOptional(),
    })
    .exactOptional(),
  thresholds: z.strictObject({ sct: threshold, log: threshold, tsa: threshold }).prefault({}),
});

const placement = z.strictObject({
  match: z.strictObject({ repositories: list(text).default([]), default: z.boolean().default(false) }),
  domain: name,
});

const log = z.strictObject({
  name,
  type: z.enum(["rekor1", "rekor2"]),
  url,
  readUrl: url.nullable().exactOptional(),
  follow: z.enum(["all", "targeted", "none"]).default("all"),
  checkpointEvery: duration.default("30s"),
  maxUnseenGap: duration.default("10m"),
});

const place = z
  .string()
  .regex(
    /^[a-z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9._-]+)*$/,
    "a host, with a port and a path if need be, and no / at the end",
  );
const mirror = z.strictObject({
  source: place,
  mirrors: list(place).min(1),
  for: z.enum(["digests", "tags", "all"]).default("digests"),
  neverContactSource: z.boolean().default(false),
});

const trustStore = z.strictObject({ name, type: z.enum(["ca", "signingAuthority", "tsa"]).default("ca"), dir: text });

const registry = z.strictObject({
  host,
  authFile: text.nullable().exactOptional(),
  caFile: text.nullable().exactOptional(),
  plainHttp: z.boolean().default(false),
  authHosts: list(host).default([]),
});

const window = z.strictObject({
  name,
  timezone: text,
  weekly: list(text).default([]),
  except: list(text).default([]),
});

const team = z.strictObject({
  name,
  namespaces: list(text).default([]),
  identities: list(text).default([]),
  window: name.exactOptional(),
  notify: list(name).default([]),
});

const notify = z.strictObject({
  name,
  type: z.enum(["webhook", "slack"]),
  url: url.exactOptional(),
  urlFile: text.exactOptional(),
  hmacSecretFile: text.exactOptional(),
  minSeverity: z.enum(["low", "medium", "high", "critical"]).default("high"),
  repeatAfter: duration.default("4h"),
});

/** 0 images a second: what runs is not judged again. */
const verify = z.strictObject({
  interval: duration.default("6h"),
  imagesPerSecond: z.int().min(0).max(1000).default(10),
});

const audit = z.strictObject({
  anchor: z
    .strictObject({ every: duration.default("10m"), logs: list(name).default([]), witnesses: list(name).default([]) })
    .exactOptional(),
});

const drill = z.strictObject({
  every: duration.default("24h"),
  targets: list(z.enum(["webhook", "verify", "cosign", "policy-controller", "notation"])).default(["webhook"]),
  historyFile: text,
});

const limits = z.strictObject({
  queryRows: z.int().min(1).max(1_000_000).default(10_000),
  queryTime: duration.default("5s"),
  uploadBytes: size.default("16MiB"),
  requestsPerMinute: z.int().min(1).max(1_000_000).default(600),
});

const telemetry = z.strictObject({
  metrics: z.union([z.literal("none"), listen]).default("none"),
  logLevel: z.enum(["error", "warn", "info", "debug"]).default("info"),
  usage: z.literal("none").default("none"),
});

/** The shape of the configuration. Unknown keys are errors; what is left out has a default. */
export const ConfigSchema: z.ZodType<Config> = z.strictObject({
  apiVersion: z.literal(API_VERSION).default(API_VERSION),
  kind: z.literal("Config").default("Config"),
  server: server.prefault({}),
  auth: auth.prefault({}),
  store: z
    .strictObject({
      url: z
        .string()
        .regex(/^sqlite:.+$/, "sqlite: and a path")
        .default("sqlite:countersign.db"),
    })
    .prefault({}),
  clusters: list(cluster).default([]),
  trust: z.strictObject({ domains: list(trustDomain).default([]) }).prefault({}),
  placements: list(placement).default([]),
  policy: z.strictObject({ file: text.exactOptional(), denyRules: text.exactOptional() }).prefault({}),
  logs: list(log).default([]),
  notation: z.strictObject({ trustStores: list(trustStore).default([]) }).prefault({}),
  registries: list(registry).default([]),
  mirrors: list(mirror).default([]),
  windows: list(window).default([]),
  teams: list(team).default([]),
  notify: list(notify).default([]),
  drill: drill.exactOptional(),
  witnesses: list(z.strictObject({ name, vkey: text, url })).default([]),
  verify: verify.prefault({}),
  audit: audit.prefault({}),
  limits: limits.prefault({}),
  telemetry: telemetry.prefault({}),
});

/** JSON Schema of the file, for editors: what a person may write, not what we fill in. */
export function configJsonSchema(): object {
  return z.toJSONSchema(ConfigSchema, { io: "input" });
}
