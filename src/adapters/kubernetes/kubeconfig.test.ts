import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readInCluster, readKubeconfig } from "./kubeconfig.ts";

const config = (change: { cluster?: string; user?: string } = {}): string => `
apiVersion: v1
kind: Config
current-context: prod
contexts: [{name: prod, context: {cluster: c, user: u}}, {name: broken, context: {cluster: c, user: nobody}}]
clusters: [{name: c, cluster: ${change.cluster ?? `{server: "https://api.example:6443/", certificate-authority: ca.pem}`}}]
users: [{name: u, user: ${change.user ?? "{tokenFile: token}"}}]
`;

describe("readKubeconfig", () => {
  test("reads server, CA and the place of the token beside the file", async () => {
    const { path, folder } = write(config());
    const connection = await readKubeconfig(path);
    expect(connection).toEqual({
      server: "https://api.example:6443",
      tls: { ca: ["CA"] },
      credential: { kind: "token-file", path: join(folder, "token") },
    });
  });

  test("keeps inline tokens and client keys secret", async () => {
    const user = `{token: t0ken, client-certificate-data: ${btoa("CERT")}, client-key-data: ${btoa("KEY")}}`;
    const connection = await readKubeconfig(write(config({ user })).path);
    expect(connection.tls.client?.certificate).toBe("CERT");
    expect(JSON.stringify(connection)).not.toMatch(/t0ken|KEY/);
    expect(connection.credential.kind === "token" && connection.credential.token.use((text) => text)).toBe("t0ken");
  });

  test.each([
    ["a program for credentials", { user: "{exec: {command: aws}}" }, /by a program/],
    [
      "no verification of the server",
      { cluster: `{server: "https://x", insecure-skip-tls-verify: true}` },
      /not taken/,
    ],
    ["a password", { user: "{username: admin, password: x}" }, /passwords/],
    ["a server that is no URL", { cluster: "{server: api.example}" }, /no server URL/],
  ])("refuses %s", async (_, change, message) => {
    await expect(readKubeconfig(write(config(change)).path)).rejects.toMatchObject({
      id: "config.invalid",
      message: expect.stringMatching(message),
    });
  });

  test("says which name is missing, and what is not YAML", async () => {
    await expect(readKubeconfig(write(config()).path, "nowhere")).rejects.toThrow(/contexts has no "nowhere"/);
    await expect(readKubeconfig(write(config()).path, "broken")).rejects.toThrow(/users has no "nobody"/);
    await expect(readKubeconfig(write("a: [").path)).rejects.toMatchObject({ id: "config.invalid" });
    await expect(readKubeconfig("/nowhere/config")).rejects.toMatchObject({ id: "config.missing" });
  });
});

describe("readInCluster", () => {
  test("reads the variables and files of a pod", async () => {
    const { folder } = write("");
    writeFileSync(join(folder, "ca.crt"), "CA");
    const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
    expect(await readInCluster(env, folder)).toEqual({
      server: "https://[fd00::1]:6443",
      tls: { ca: ["CA"] },
      credential: { kind: "token-file", path: `${folder}/token` },
    });
  });

  test("says that this is no pod", async () => {
    await expect(readInCluster({})).rejects.toMatchObject({ id: "config.missing" });
  });
});

function write(text: string): { readonly path: string; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "countersign-"));
  writeFileSync(join(folder, "ca.pem"), "CA");
  writeFileSync(join(folder, "config"), text);
  return { path: join(folder, "config"), folder };
}
