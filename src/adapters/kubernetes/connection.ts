import type { Secret } from "../../core/secret.ts";

/** How an API server is reached. TLS goes to whoever makes the HttpClient, the credential to the Cluster. */
export type ClusterConnection = {
  /** `https://host:port`, no slash at the end. */
  readonly server: string;
  readonly tls: {
    readonly ca?: readonly string[];
    readonly client?: { readonly certificate: string; readonly key: Secret<string> };
    readonly serverName?: string;
  };
  readonly credential: ClusterCredential;
};

export type ClusterCredential =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: Secret<string> }
  /** Read anew for each request: the kubelet rewrites it. */
  | { readonly kind: "token-file"; readonly path: string };
