import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPeerWorld, peer, type PeerWorld, type Ran } from "./peer-world.ts";

const NOTATION = peer("notation-v1.3.2") ?? "";
const OURS = "x509.subject: C=US, ST=WA, L=Seattle, O=Notary, CN=ours";
const THEIRS = "x509.subject: C=US, ST=WA, L=Seattle, O=Notary, CN=theirs";

describe.skipIf(NOTATION === "")("notation v1.3.2 and countersign", () => {
  let world: PeerWorld;
  beforeAll(async () => {
    world = await openPeerWorld();
    await mkdir(world.at(".config/notation"), { recursive: true });
    for (const name of ["ours", "theirs"]) {
      // oxlint-disable-next-line no-await-in-loop -- both write one file of settings
      expect(await notation(["cert", "generate-test", name])).toMatchObject({ exit: 0 });
    }
    await policy({});
  });
  afterAll(() => world.close());

  const notation = (args: readonly string[]): Promise<Ran> => world.run(NOTATION, args);
  const verify = (ref: string, ...more: readonly string[]): Promise<Ran> =>
    world.countersign(["verify", "--notation", ref, "-o", "json", ...more]);
  const sign = (ref: string, key: string, ...more: readonly string[]): Promise<Ran> =>
    notation(["sign", "--insecure-registry", "--key", key, ...more, ref]);
  const policy = (change: object): Promise<void> => {
    const statement = {
      name: "peers",
      registryScopes: ["*"],
      signatureVerification: { level: "strict" },
      trustStores: ["ca:ours"],
      trustedIdentities: [OURS],
      ...change,
    };
    const document = JSON.stringify({ version: "1.0", trustPolicies: [statement] });
    return writeFile(join(world.folder, ".config/notation/trustpolicy.json"), document);
  };
  /** Exit codes of both on the same image, folder and policy: theirs is 0 or not, ours says why. */
  const both = async (ref: string): Promise<readonly [theirs: boolean, ours: boolean]> => {
    const [theirs, ours] = await Promise.all([notation(["verify", "--insecure-registry", ref]), verify(ref)]);
    return [theirs.exit === 0, ours.exit === 0];
  };

  test.each(["jws", "cose"])("we verify what it signs in %s, and so does it", async (format) => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "ours", "--signature-format", format, "--expiry", "24h")).toMatchObject({ exit: 0 });
    expect(await both(ref)).toEqual([true, true]);
    const answer = JSON.parse((await verify(ref)).out) as object;
    expect(answer).toMatchObject({
      verdict: { kind: "pass" },
      policy: { name: "peers", level: "strict" },
      signatures: [{ layout: "notation", format, signer: "CN=ours,O=Notary,L=Seattle,ST=WA,C=US" }],
    });
  });

  test("neither accepts an image that is not signed, or signed by somebody else", async () => {
    const [plain, other] = await Promise.all([world.newImage(), world.newImage()]);
    expect(await sign(other.ref, "theirs")).toMatchObject({ exit: 0 });
    expect([await both(plain.ref), await both(other.ref)]).toEqual([
      [false, false],
      [false, false],
    ]);
    expect((await verify(plain.ref)).out).toContain("no-signature");
    expect((await verify(other.ref)).out).toContain("cert-unknown-issuer");
  });

  test("both ask who signed, beneath one root", async () => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "theirs")).toMatchObject({ exit: 0 });
    await policy({ trustStores: ["ca:ours", "ca:theirs"] });
    expect(await both(ref)).toEqual([false, false]);
    expect((await verify(ref)).out).toContain("notation-identity");
    await policy({ trustStores: ["ca:ours", "ca:theirs"], trustedIdentities: [OURS, THEIRS] });
    expect(await both(ref)).toEqual([true, true]);
    await policy({});
  });

  test("one good signature among others is enough", async () => {
    const { ref } = await world.newImage();
    for (const key of ["theirs", "theirs", "ours"]) {
      // oxlint-disable-next-line no-await-in-loop -- each is attached after the one before
      expect(await sign(ref, key)).toMatchObject({ exit: 0 });
    }
    expect(await both(ref)).toEqual([true, true]);
  });

  test("where it passes what nobody looked at, we leave the question open", async () => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "theirs")).toMatchObject({ exit: 0 });
    await policy({ signatureVerification: { level: "audit" } });
    expect(await both(ref)).toEqual([true, false]);
    expect(await verify(ref)).toMatchObject({ exit: 3 });
    await policy({});
  });

  test("both refuse a policy whose identities overlap", async () => {
    const { ref } = await world.newImage();
    expect(await sign(ref, "ours")).toMatchObject({ exit: 0 });
    await policy({ trustedIdentities: [OURS, "x509.subject: C=US, ST=WA, O=Notary"] });
    expect(await both(ref)).toEqual([false, false]);
    expect(await verify(ref)).toMatchObject({ exit: 2 });
    await policy({});
  });
});
