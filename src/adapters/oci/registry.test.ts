import { afterAll, beforeAll, describe } from "vitest";
import { registryContract } from "../../ports/registry.contract.ts";
import { undiciHttpClient } from "../http/client.ts";
import { startRegistry, type RegistryOptions, type VirtualRegistry } from "../virtual/registry/registry.ts";
import { ociRegistry } from "./registry.ts";

describe.each<[string, RegistryOptions]>([
  ["with the referrers API", {}],
  ["with the referrers API, two on a page", { referrersPerPage: 2 }],
  ["with the fallback tag", { referrersApi: false }],
])("%s", (name, options) => {
  const http = undiciHttpClient();
  let server: VirtualRegistry;
  let count = 0;
  beforeAll(async () => {
    server = await startRegistry(options);
  });
  afterAll(async () => {
    await server.close();
    await http.close();
  });
  registryContract(`oci, ${name}`, async () => ({
    registry: ociRegistry(http),
    repository: `${server.host}/team/app-${count++}`,
  }));
});
