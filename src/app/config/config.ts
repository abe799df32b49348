/**
 * The configuration of one installation (product chapter §3), with every default filled in. Durations and sizes stay
 * the text that a person wrote (`24h`, `16MiB`); `units.ts` turns them into numbers where they are used.
 */
export type Config = {
  readonly apiVersion: string;
  readonly kind: "Config";
  readonly server: ServerConfig;
  readonly auth: AuthConfig;
  readonly store: StoreConfig;
  readonly clusters: readonly ClusterConfig[];
  readonly trust: { readonly domains: readonly TrustDomainConfig[] };
  readonly placements: readonly PlacementConfig[];
  /** A file of TrustPolicy and TrustException documents. Without one nothing is expected of anybody. */
  /** Files or folders: the policy set, and a register of deny rules beside it. */
  readonly policy: { readonly file?: string; readonly denyRules?: string };
  readonly logs: readonly LogConfig[];
  readonly notation: NotationConfig;
  readonly registries: readonly RegistryConfig[];
  readonly mirrors: readonly MirrorConfig[];
  readonly windows: readonly WindowConfig[];
  readonly teams: readonly TeamConfig[];
  readonly notify: readonly NotifyConfig[];
  readonly drill?: DrillConfig;
  readonly witnesses: readonly WitnessConfig[];
  readonly verify: VerifyConfig;
  readonly audit: AuditConfig;
  readonly limits: LimitsConfig;
  readonly telemetry: TelemetryConfig;
};

export type ServerConfig = {
  /** `host:port`. Port 0 takes a free one. */
  readonly listen: string;
  readonly publicUrl?: string;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
};

export type AuthMode = "none" | "token" | "oidc";

export type AuthConfig = {
  /** `none` is for loopback only. */
  readonly mode: AuthMode;
  /** Bearer tokens of `token` mode, each in a file of its own. */
  readonly tokens: readonly { readonly name: string; readonly tokenFile: string }[];
  readonly oidc?: { readonly issuer: string; readonly audience: string; readonly usernameClaim: string };
};

export type StoreConfig = {
  /** `sqlite:PATH`. */
  readonly url: string;
};

export type ClusterConfig = {
  readonly name: string;
  /** `null`: the cluster this process runs in. */
  readonly kubeconfigFile: string | null;
  /** The issuer of the cluster's service-account tokens. */
  readonly issuer?: string;
  /** Issuers that it had before: entries of that time are its own still. */
  readonly formerIssuers: readonly string[];
  readonly audience: string;
  readonly issuerType: "kubernetes" | "spiffe";
  /** The account as whom the controller of Tekton Chains signs here, when it signs keyless. */
  readonly chains?: { readonly namespace: string; readonly serviceAccount: string };
  /** The audit log of its API server as JSON lines, where its sink is mounted. */
  readonly auditLog?: string;
  /** Tekton Results: where runs are kept that the cluster has deleted. */
  readonly results?: { readonly url: string; readonly tokenFile?: string; readonly caFile?: string };
  readonly namespaces: { readonly include: readonly string[]; readonly exclude: readonly string[] };
};

/** Roots are never merged; a domain is one closed world of trust. */
export type TrustDomainConfig = {
  readonly name: string;
  readonly preset?: "sigstore-public";
  readonly fulcio?: string;
  readonly tsa?: string;
  readonly logs: readonly string[];
  readonly root?: {
    readonly file?: { readonly trustedRootFile: string; readonly sha256?: string };
    readonly tuf?: { readonly url: string; readonly initialRootFile: string; readonly sha256?: string };
  };
  readonly thresholds: { readonly sct: number; readonly log: number; readonly tsa: number };
};

/** Which domain signs and judges which image family; the first match wins. */
export type PlacementConfig = {
  readonly match: { readonly repositories: readonly string[]; readonly default: boolean };
  readonly domain: string;
};

export type LogConfig = {
  readonly name: string;
  readonly type: "rekor1" | "rekor2";
  readonly url: string;
  /** Where to read, when that is another address than the one that takes entries. */
  readonly readUrl?: string | null;
  readonly follow: "all" | "targeted" | "none";
  readonly checkpointEvery: string;
  readonly maxUnseenGap: string;
};

/** Where images lie beside their source. Policies go by the source's name; bytes come from the first place that has them. */
export type MirrorConfig = {
  /** `host/path`, whole segments; the longest that matches holds. */
  readonly source: string;
  readonly mirrors: readonly string[];
  readonly for: "digests" | "tags" | "all";
  readonly neverContactSource: boolean;
};

export type NotationConfig = { readonly trustStores: readonly TrustStoreConfig[] };

/** Certificates of the Notary Project by a name that trust policies use. */
export type TrustStoreConfig = {
  readonly name: string;
  readonly type: "ca" | "signingAuthority" | "tsa";
  /** A folder of `.pem`, `.crt` and `.cer` files. */
  readonly dir: string;
};

export type RegistryConfig = {
  readonly host: string;
  readonly authFile?: string | null;
  readonly caFile?: string | null;
  readonly plainHttp: boolean;
  readonly authHosts: readonly string[];
};

export type WindowConfig = {
  readonly name: string;
  /** IANA name. */
  readonly timezone: string;
  readonly weekly: readonly string[];
  readonly except: readonly string[];
};

export type TeamConfig = {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly identities: readonly string[];
  readonly window?: string;
  readonly notify: readonly string[];
};

export type NotifyConfig = {
  readonly name: string;
  readonly type: "webhook" | "slack";
  readonly url?: string;
  readonly urlFile?: string;
  readonly hmacSecretFile?: string;
  readonly minSeverity: "low" | "medium" | "high" | "critical";
  readonly repeatAfter: string;
};

/** The drill as a server puts it to verifiers. */
export type DrillConfig = {
  readonly every: string;
  readonly targets: readonly string[];
  /** What they answered, a line a run. */
  readonly historyFile: string;
};

export type WitnessConfig = { readonly name: string; readonly vkey: string; readonly url: string };

/** How often what runs is judged again, and how fast registries may be asked for it. */
export type VerifyConfig = { readonly interval: string; readonly imagesPerSecond: number };

export type AuditConfig = {
  readonly anchor?: { readonly every: string; readonly logs: readonly string[]; readonly witnesses: readonly string[] };
};

export type LimitsConfig = {
  readonly queryRows: number;
  readonly queryTime: string;
  readonly uploadBytes: string;
  readonly requestsPerMinute: number;
};

export type TelemetryConfig = {
  /** `host:port` of the metrics listener, or `none`. */
  readonly metrics: string;
  readonly logLevel: "error" | "warn" | "info" | "debug";
  /** There is no usage telemetry; the key exists to say so. */
  readonly usage: "none";
};
