/**
 * The world of the demo: two clusters, nine namespaces, three teams with their repositories, who signs for whom, and
 * what runs where. Everything in it is made up and says so.
 */
export type Team = {
  readonly name: "payments" | "observability" | "base";
  /** Where its pipelines run, and as whom they sign. */
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly repositories: readonly string[];
  /** Those that run as containers of their own; the others are built upon. */
  readonly deployed: readonly string[];
  /** Namespaces that run its images, by cluster. */
  readonly runsIn: readonly { readonly cluster: ClusterName; readonly namespace: string }[];
};

export type ClusterName = "prod-eu" | "staging";
export const CLUSTERS: readonly [ClusterName, ClusterName] = ["prod-eu", "staging"];
/** All pipelines run here; the other cluster only runs what was built. */
export const BUILD_CLUSTER: ClusterName = "prod-eu";
export const AUDIENCE = "sigstore";

const PAYMENTS: readonly string[] = repositories(
  "payments",
  "api worker ledger gateway fraud refunds invoices settlement webhooks vault-proxy risk cards sepa statements limits",
);
const OBSERVABILITY: readonly string[] = repositories(
  "observability",
  "agent collector router query ruler alerts traces profiles exporter dashboards archive synthetic gateway",
);
const BASE: readonly string[] = repositories(
  "base",
  "ubi-debug ubi-curl ubi-nginx ubi-postgres ubi-redis ubi-kafka ubi-tools ubi-minimal ubi-java ubi-node ubi-python ubi-go ubi-init",
);

export const TEAMS: readonly [Team, Team, Team] = [
  {
    name: "payments",
    namespace: "payments-prod",
    serviceAccount: "builder",
    repositories: PAYMENTS,
    deployed: PAYMENTS,
    runsIn: [
      { cluster: "prod-eu", namespace: "payments-prod" },
      { cluster: "staging", namespace: "payments-staging" },
    ],
  },
  {
    name: "observability",
    namespace: "observability",
    serviceAccount: "builder",
    repositories: OBSERVABILITY,
    deployed: OBSERVABILITY,
    runsIn: [
      { cluster: "prod-eu", namespace: "observability" },
      { cluster: "staging", namespace: "observability-staging" },
    ],
  },
  {
    name: "base",
    namespace: "base-images",
    serviceAccount: "builder",
    repositories: BASE,
    deployed: BASE.slice(0, 6),
    runsIn: [{ cluster: "prod-eu", namespace: "tools" }],
  },
];

/** A namespace for experiments, whose default account has no business signing for a team. */
export const SANDBOX: { readonly cluster: ClusterName; readonly namespace: string; readonly serviceAccount: string } = {
  cluster: BUILD_CLUSTER,
  namespace: "sandbox",
  serviceAccount: "default",
};

/** Every namespace, by cluster. */
export const NAMESPACES: readonly { readonly cluster: ClusterName; readonly namespace: string }[] = [
  ...TEAMS.flatMap((team) => team.runsIn),
  { cluster: BUILD_CLUSTER, namespace: "base-images" },
  { cluster: SANDBOX.cluster, namespace: SANDBOX.namespace },
  { cluster: "staging", namespace: "base-staging" },
  { cluster: "staging", namespace: "sandbox-staging" },
];

function repositories(team: string, names: string): readonly string[] {
  return names.split(" ").map((name) => `${team}/${name}`);
}
