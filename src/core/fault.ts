import { GIT_FAULTS } from "./faults/git.ts";
import { SERVICE_FAULTS } from "./faults/services.ts";

const OWN_FAULTS = {
  "config.invalid": {
    exit: 2,
    message: "The configuration is not valid.",
    remedy: "Correct the named field; `countersign config check` shows every problem at once.",
  },
  "config.missing": {
    exit: 2,
    message: "There is no configuration file at the given path.",
    remedy: "Check --config and COUNTERSIGN_CONFIG.",
  },
  "placement.invalid": {
    exit: 2,
    message: "The placement of the signing step is not valid.",
    remedy: "Correct the named field in the ConfigMap that the Task mounts, or render it anew: `pipeline render`.",
  },
  "input.missing": {
    exit: 2,
    message: "A file named on the command line does not exist.",
    remedy: "Check the path.",
  },
  "input.unknown": {
    exit: 2,
    message: "Nothing is known by this name.",
    remedy: "Check the spelling, and that --store or --config names the installation you mean.",
  },
  "input.unreadable": {
    exit: 2,
    message: "A file named on the command line could not be read.",
    remedy: "Check the permissions, and that it is a regular file.",
  },
  "input.too-large": {
    exit: 2,
    message: "The input is larger than the limit for its kind.",
    remedy: "Check that this is the file you meant.",
  },
  "input.malformed": {
    exit: 2,
    message: "The input is not what it should be.",
    remedy: "Correct the named place.",
  },
  "option.missing": {
    exit: 2,
    message: "An option is missing that this needs.",
    remedy: "Add it; --help says what each option is for.",
  },
  "output.unwritable": {
    exit: 2,
    message: "The output could not be written.",
    remedy: "Check that the folder exists, is writable and has room.",
  },
  "server.port-in-use": {
    exit: 2,
    message: "The port is taken by another process.",
    remedy: "Stop the other process or choose another port: --listen of serve, --port of demo (0 takes a free one).",
  },
  "server.insecure-listen": {
    exit: 2,
    message: "The server would listen beyond loopback without authentication.",
    remedy: "Set auth.mode, or listen on 127.0.0.1.",
  },
  "clock.skewed": {
    exit: 3,
    message: "This machine's clock differs from that of the trust services.",
    remedy: "Set the clock (NTP); certificates live ten minutes, so minutes matter.",
  },
  "policy.invalid": {
    exit: 2,
    message: "The trust policy set is not valid.",
    remedy: "`countersign policy check` shows every problem with its place; the last good set stays in force.",
  },
  "policy.missing": {
    exit: 2,
    message: "There is no trust policy.",
    remedy: "Name a file or folder with policy.file; without a policy everything in scope is refused.",
  },
  "certificate.invalid": {
    exit: 2,
    message: "The serving certificate and its key cannot be used.",
    remedy: "Check that both files are there, in PEM, and belong together; the ones before stay in use.",
  },
  "token.missing": {
    exit: 2,
    message: "There is no identity token at the expected path.",
    remedy:
      "Mount a projected service-account token with the audience of Fulcio; see docs/how-to/sign-in-a-pipeline.md.",
  },
  "token.unreadable": {
    exit: 2,
    message: "The identity token could not be read.",
    remedy: "The path must be a regular file of at most 16 KiB that holds one JWT.",
  },
  "token.malformed": {
    exit: 2,
    message: "The file at the token path does not hold a JWT.",
    remedy: "Point --token-file at the projected service-account token.",
  },
  "token.expiring": {
    exit: 4,
    message: "The identity token is about to expire.",
    remedy: "Read the file at the moment of use; the kubelet renews it at 80 % of its life.",
  },
  "token.audience": {
    exit: 4,
    message: "The identity token is for another audience.",
    remedy: "Set `audience` of the projected token to Fulcio's, and nothing else.",
  },
  "token.too-long-lived": {
    exit: 4,
    message: "The identity token lives longer than allowed.",
    remedy: "Set `expirationSeconds: 600` on the projected token.",
  },
  "token.not-pod-bound": {
    exit: 4,
    message: "The identity token is not bound to a pod.",
    remedy: "Use a projected service-account token, not one of a Secret or `kubectl create token`.",
  },
  "registry.unreachable": {
    exit: 3,
    message: "The registry did not answer.",
    remedy: "Check the host and the egress policy; the request is safe to repeat.",
  },
  "registry.unauthorized": {
    exit: 4,
    message: "The registry refused the credentials.",
    remedy: "Check registries[].authFile, or log in with the registry's own client.",
  },
  "registry.refused": {
    exit: 3,
    message: "The registry refused the request.",
    remedy: "Read the registry's message.",
  },
  "registry.malformed": {
    exit: 3,
    message: "The registry's answer is not what the distribution specification says.",
    remedy: "Check that the host is an OCI registry.",
  },
  "registry.too-large": {
    exit: 3,
    message: "The registry's answer is larger than the limit.",
    remedy: "A manifest is at most 4 MiB; look at what the registry serves.",
  },
  "registry.digest-mismatch": {
    exit: 5,
    message: "The registry served other bytes than the digest says.",
    remedy: "Do not use this registry until it is explained; keep the answer as evidence.",
  },
  "registry.not-found": {
    exit: 2,
    message: "The registry has no such image.",
    remedy: "Check the repository and the digest.",
  },
  "trust.unreachable": {
    exit: 3,
    message: "The trust root's repository did not answer.",
    remedy: "Check the URL; the last good root stays in use while it is valid.",
  },
  "trust.invalid": {
    exit: 2,
    message: "The trust root is not valid.",
    remedy: "Get the trusted root again from the operator of the trust domain.",
  },
  "trust.pin-mismatch": {
    exit: 5,
    message: "The trust root differs from its pin.",
    remedy: "Compare the SHA-256 with the one the operator published by another way.",
  },
  "trust.rollback": {
    exit: 5,
    message: "The trust root's repository shows an older version than before.",
    remedy: "Do not clear the cache; ask the operator of the repository.",
  },
  "trust.expired": {
    exit: 3,
    message: "The trust root has expired.",
    remedy: "Refresh it from its repository: `countersign trust refresh`.",
  },
  "cluster.unreachable": {
    exit: 3,
    message: "The API server did not answer.",
    remedy: "Check the kubeconfig and the network; the watch resumes by itself.",
  },
  "cluster.unauthorized": {
    exit: 4,
    message: "The API server did not accept the credentials.",
    remedy: "Check the token or client certificate of the kubeconfig.",
  },
  "cluster.forbidden": {
    exit: 4,
    message: "The API server does not let this account read the resource.",
    remedy: "Bind the ClusterRole countersign-reader.",
  },
  "cluster.malformed": {
    exit: 3,
    message: "The API server's answer is not what the Kubernetes API says.",
    remedy: "Check that the URL is that of an API server.",
  },
  "audit.missing": {
    exit: 2,
    message: "There is no audit log at the given path.",
    remedy: "Check clusters[].auditLog, and that the sink of the audit log is mounted here.",
  },
  "audit.unreadable": {
    exit: 2,
    message: "The audit log could not be read.",
    remedy: "Check the permissions, and that it is a regular file of JSON lines.",
  },
  "store.missing": {
    exit: 2,
    message: "There is no store here.",
    remedy: "Name one with --store or --config; `countersign serve` and `countersign demo --keep DIR` make one.",
  },
  "store.busy": {
    exit: 3,
    message: "The store is locked by another writer.",
    remedy: "Only one process may write to an embedded store; stop the other.",
  },
  "store.unreadable": {
    exit: 3,
    message: "The store could not be read or written.",
    remedy: "Check the disk and the permissions of the data directory.",
  },
  "store.read-only": {
    exit: 3,
    message: "The store is on a read-only disk or in a folder that cannot be written.",
    remedy: "Choose a writable folder, or free the disk.",
  },
  "store.corrupt": {
    exit: 3,
    message: "The store contradicts itself.",
    remedy: "Keep a copy, then let it be rebuilt from the logs in a new folder.",
  },
  "store.conflict": {
    exit: 3,
    message: "Another process wrote to the store in the meantime.",
    remedy: "Only one follower may write; stop the other, then start again.",
  },
  "store.newer-schema": {
    exit: 2,
    message: "The store was written by a newer version of countersign.",
    remedy: "Use that version, or another store.",
  },
  "store.older-schema": {
    exit: 2,
    message: "The store was written by an older version of countersign and has not been brought up to date.",
    remedy: "Start the server, or `countersign log follow`, on it once; that brings it up to date.",
  },
  "store.foreign": {
    exit: 2,
    message: "The file is a database, but not one that this program wrote.",
    remedy: "Check the path; nothing was written to the file.",
  },
  "notation.policy-missing": {
    exit: 2,
    message: "There is no Notation trust policy.",
    remedy: "Give it by --trust-policy, or put trustpolicy.oci.json in Notation's configuration folder.",
  },
  "notation.policy-invalid": {
    exit: 2,
    message: "The Notation trust policy is not valid.",
    remedy: "Correct the named place; nothing is verified under a policy of which a part is wrong.",
  },
  "notation.store-missing": {
    exit: 2,
    message: "A Notation trust store that the policy names does not exist or is empty.",
    remedy: "Put its certificates in x509/<type>/<name> of the trust store folder, as .pem, .crt or .cer.",
  },
  "notation.store-invalid": {
    exit: 2,
    message: "A Notation trust store holds something that cannot be an anchor.",
    remedy: "Take the named file out of the store, or replace it by a root certificate.",
  },
  "evidence.malformed": {
    exit: 2,
    message: "The file is not an evidence file.",
    remedy: "Evidence is a tar that `countersign evidence export` wrote.",
  },
} as const;

/**
 * Every way the world around us can fail, in one table.
 *
 * `exit` is the product's: 2 configuration or missing input, 3 something did
 * not answer, so we could not know, 4 credentials refused, 5 tamper. An id is forever:
 * dashboards and runbooks refer to it.
 */
export const FAULTS: typeof OWN_FAULTS & typeof SERVICE_FAULTS & typeof GIT_FAULTS = {
  ...OWN_FAULTS,
  ...SERVICE_FAULTS,
  ...GIT_FAULTS,
};

export type FaultId = keyof typeof FAULTS;

/** A failure of the environment. Thrown by adapters, caught only at the edges (`src/cmd`, retry loops, the worker supervisor). */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly id: FaultId;
  /** What this occurrence is about: a URL, a path, a field. Never a secret. */
  readonly subject: string;

  constructor(id: FaultId, subject: string, options?: { cause: unknown }) {
    super(`${FAULTS[id].message} (${subject})`, options);
    this.id = id;
    this.subject = subject;
  }
}

/** Gives a Fault the name it has in the system spoken to (`http.timeout` → `log.unreachable`); all else passes as it is. */
export function renameFault(error: unknown, names: Partial<Record<FaultId, FaultId>>): unknown {
  const id = error instanceof Fault ? names[error.id] : undefined;
  return error instanceof Fault && id !== undefined ? new Fault(id, error.subject, { cause: error }) : error;
}
