import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { Fault } from "../../core/fault.ts";
import { readFields, type FieldReader } from "../../core/pipelines/field-reader.ts";
import { secret } from "../../core/secret.ts";
import type { ClusterConnection, ClusterCredential } from "./connection.ts";

/** A kubeconfig of hundreds of clusters stays far below; so does any certificate or key. */
const FILE_BYTES_MAX = 1024 * 1024;

/**
 * Reads a kubeconfig (Kubernetes `client-go/tools/clientcmd/api/v1`): one context of one file. Not taken: credentials by
 * a program (`exec`, `auth-provider`), for they would run it, and `insecure-skip-tls-verify`.
 * Faults: `config.missing`, `config.invalid`.
 */
export async function readKubeconfig(path: string, contextName?: string): Promise<ClusterConnection> {
  const text = await readText(path, path);
  const config = readFields(parseYaml(text, path), []);
  const name = contextName ?? config.text("current-context") ?? "";
  const context = named(config, { list: "contexts", entry: "context", name, path });
  const cluster = named(config, { list: "clusters", entry: "cluster", name: context.text("cluster") ?? "", path });
  const user = named(config, { list: "users", entry: "user", name: context.text("user") ?? "", path });
  if (cluster.flag("insecure-skip-tls-verify")) {
    throw new Fault("config.invalid", `${path}: insecure-skip-tls-verify is not taken; give the CA`);
  }
  const server = cluster.text("server")?.replace(/\/+$/, "") ?? "";
  if (!/^https?:\/\/[^/]/.test(server)) throw new Fault("config.invalid", `${path}: the cluster has no server URL`);

  const folder = dirname(path);
  const [ca, client] = await Promise.all([material(cluster, "certificate-authority", folder), clientOf(user, folder)]);
  const serverName = cluster.text("tls-server-name");
  return {
    server,
    tls: { ...(ca !== undefined && { ca: [ca] }), ...(client && { client }), ...(serverName && { serverName }) },
    credential: credentialOf(user, path, client !== undefined),
  };
}

async function clientOf(user: FieldReader, folder: string): Promise<ClusterConnection["tls"]["client"]> {
  const certificate = await material(user, "client-certificate", folder);
  const key = await material(user, "client-key", folder);
  return certificate === undefined || key === undefined ? undefined : { certificate, key: secret(key) };
}

/** The files and variables that every pod has (Kubernetes, "Accessing the Kubernetes API from a Pod"). */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The API server of the cluster that this process runs in. Faults: `config.missing`, `config.invalid`. */
export async function readInCluster(
  env: Readonly<Record<string, string | undefined>>,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Promise<ClusterConnection> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "443";
  if (host === undefined || host === "") {
    throw new Fault("config.missing", "KUBERNETES_SERVICE_HOST is not set: this is no pod of a cluster");
  }
  const shown = host.includes(":") ? `[${host}]` : host;
  return {
    server: `https://${shown}:${port}`,
    tls: { ca: [await readText(`${folder}/ca.crt`, "in-cluster CA")] },
    credential: { kind: "token-file", path: `${folder}/token` },
  };
}

function credentialOf(user: FieldReader, path: string, hasCertificate: boolean): ClusterCredential {
  if (user.at("exec").present || user.at("auth-provider").present) {
    throw new Fault("config.invalid", `${path}: credentials by a program are not taken; give a tokenFile`);
  }
  const tokenFile = user.text("tokenFile");
  // As client-go: the file wins over the inline token.
  if (tokenFile !== undefined) return { kind: "token-file", path: resolve(dirname(path), tokenFile) };
  const token = user.text("token");
  if (token !== undefined) return { kind: "token", token: secret(token) };
  if (!hasCertificate && user.text("username") !== undefined) {
    throw new Fault("config.invalid", `${path}: no API server takes user names and passwords since Kubernetes 1.19`);
  }
  return { kind: "none" };
}

type Named = { readonly list: string; readonly entry: string; readonly name: string; readonly path: string };

function named(config: FieldReader, { list, entry, name, path }: Named): FieldReader {
  const found = config.items(list).find((item) => item.text("name") === name);
  if (!found) throw new Fault("config.invalid", `${path}: ${list} has no ${JSON.stringify(name)}`);
  return found.at(entry);
}

/** PEM from `<field>-data` (base64, which wins, as in client-go) or from the file that `<field>` names. */
async function material(reader: FieldReader, field: string, folder: string): Promise<string | undefined> {
  const data = reader.text(`${field}-data`);
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  const file = reader.text(field);
  return file === undefined ? undefined : readText(resolve(folder, file), field);
}

async function readText(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX)
      throw new Fault("config.invalid", `${what}: ${path} has more than ${FILE_BYTES_MAX} bytes`);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new Fault(cause.code === "ENOENT" ? "config.missing" : "config.invalid", `${what}: ${path}`, { cause });
  }
}

function parseYaml(text: string, path: string): unknown {
  const document = parseDocument(text, { version: "1.2", uniqueKeys: true, merge: false });
  const [problem] = document.errors;
  if (problem) throw new Fault("config.invalid", `${path}: ${problem.message.split("\n", 1)[0] ?? "not YAML"}`);
  return document.toJS({ maxAliasCount: 0 });
}
