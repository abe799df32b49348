import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at, extendedKeyUsage, CODE_SIGNING, keyUsage } from "../../../test/setup/make-certificate.ts";
import { makeCose, makeJws, type NotationRequest } from "../../../test/setup/make-notation.ts";
import { crlPoints, makeCrl, makeOcsp, ocspAccess } from "../../../test/setup/make-revocation.ts";
import {
  codeOf,
  GOOD,
  IDENTITY,
  inStore,
  makeSigner,
  NOW,
  root,
  rootKey,
  rulesOf,
} from "../../../test/setup/notation-world.ts";
import { undiciHttpClient } from "../../adapters/http/client.ts";
import { ociRegistry } from "../../adapters/oci/registry.ts";
import { startRegistry, type VirtualRegistry } from "../../adapters/virtual/registry/registry.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { digestRefOf, type DigestRef } from "../../core/digest.ts";
import { Fault } from "../../core/fault.ts";
import { readTrustPolicyDocument } from "../../core/notation/trust-policy-document.ts";
import type { RevocationQuestion } from "../../core/x509/assess-revocation.ts";
import type { NotationTrustSource } from "../../ports/notation-trust-source.ts";
import type { Descriptor, Registry } from "../../ports/registry.ts";
import type { RevocationSource } from "../../ports/revocation-source.ts";
import { gatherPlatforms } from "./gather-platforms.ts";
import { verifyNotation, type NotationAnswer } from "./verify-notation.ts";

const never = new AbortController().signal;
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const NOTATION = "application/vnd.cncf.notary.signature";
const http = undiciHttpClient();
const registry = ociRegistry(http);
let host: VirtualRegistry;
let images = 0;
beforeAll(async () => {
  host = await startRegistry();
});
afterAll(async () => {
  await Promise.all([host.close(), http.close()]);
});

type Image = { readonly repository: string; readonly target: Descriptor };

async function push(repository: string, document: object, mediaType = MANIFEST): Promise<Descriptor> {
  const bytes = toUtf8(JSON.stringify({ schemaVersion: 2, mediaType, ...document }));
  return registry.pushManifest(repository, { mediaType, bytes }, never);
}

async function newImage(): Promise<Image> {
  const repository = `${host.host}/notation/app-${images++}`;
  const config = await registry.pushBlob(repository, toUtf8(`{"n":${images}}`), never);
  const target = await push(repository, {
    config: { ...config, mediaType: "application/vnd.oci.image.config.v1+json" },
    layers: [],
  });
  return { repository, target };
}

/** Attaches an envelope as notation does; a test changes one thing of the manifest. */
async function attach({ repository, target }: Image, envelope: Uint8Array, change: object = {}): Promise<Descriptor> {
  const [config, layer] = await Promise.all([
    registry.pushBlob(repository, toUtf8("{}"), never),
    registry.pushBlob(repository, envelope, never),
  ]);
  return push(repository, {
    config: { ...config, mediaType: NOTATION },
    layers: [{ ...layer, mediaType: envelope[0] === 0x7b ? "application/jose+json" : "application/cose" }],
    subject: { mediaType: target.mediaType, digest: target.digest, size: target.size },
    ...change,
  });
}

const sign = ({ target: { mediaType, digest, size } }: Image, change: Partial<NotationRequest> = {}): Uint8Array =>
  makeJws({ ...GOOD, target: { mediaType, digest, size }, ...change });

type Asked = {
  readonly policy?: object;
  readonly answers?: (question: RevocationQuestion) => Uint8Array | undefined;
  readonly registry?: Registry;
};

async function verify(
  { repository, target }: Image,
  { policy = {}, answers = () => undefined, registry: from = registry }: Asked = {},
): Promise<NotationAnswer & { readonly urls: readonly string[]; readonly kept: number }> {
  const statement = {
    name: "test",
    registryScopes: ["*"],
    signatureVerification: { level: "strict" },
    trustStores: ["ca:example"],
    trustedIdentities: [IDENTITY],
    ...policy,
  };
  const document = readTrustPolicyDocument(toUtf8(JSON.stringify({ version: "1.0", trustPolicies: [statement] })));
  if (!document.ok) throw new Error(document.detail);
  const trust: NotationTrustSource = {
    policy: async () => document.value,
    certificates: async () => ({ certificates: [inStore("ca", root)], warnings: ["a note"] }),
  };
  const urls: string[] = [];
  let kept = 0;
  const revocation: RevocationSource = {
    ask: async (question) => {
      urls.push(question.url);
      const bytes = answers(question);
      return bytes ? { question, bytes } : { question, gap: "silent" };
    },
    keep: (_, good) => void (kept += good.length),
  };
  const ask = verifyNotation({ registry: from, trust, revocation, clock: { now: () => at(NOW) } });
  return { ...(await ask({ repository, reference: target.digest }, never)), urls, kept };
}

describe("one good signature is enough", () => {
  test.each([
    ["JWS", makeJws],
    ["COSE", makeCose],
  ])("in %s", async (_, make) => {
    const image = await newImage();
    const { mediaType, digest, size } = image.target;
    await attach(image, make({ ...GOOD, target: { mediaType, digest, size } }));
    const answer = await verify(image);
    expect(answer).toMatchObject({ verdict: { kind: "pass" }, digest, rules: { name: "test", level: "strict" } });
    expect(answer.warnings).toEqual(["a note"]);
  });

  test("whatever else lies beside it, and what is none is passed over", async () => {
    const image = await newImage();
    await attach(image, toUtf8("{}"));
    await attach(image, sign(image), { artifactType: "application/vnd.other" });
    await attach(image, sign(image), { layers: [] });
    await attach(image, sign(image));
    await attach(image, sign(image, { expiry: "2026-01-02T00:00:00Z" }));
    expect(codeOf((await verify(image)).verdict)).toBe("pass");
  });

  test("a manifest by artifact type, or by the type of its configuration", async () => {
    const image = await newImage();
    await attach(image, sign(image), { artifactType: NOTATION });
    expect(codeOf((await verify(image)).verdict)).toBe("pass");
  });
});

describe("none", () => {
  test("is no signature, not a bad one", async () => {
    const image = await newImage();
    expect(codeOf((await verify(image)).verdict)).toBe("no-signature");
    await attach(image, sign(image), { artifactType: "application/vnd.other" });
    expect(codeOf((await verify(image)).verdict)).toBe("no-signature");
  });

  test("an image that is not there", async () => {
    const image = await newImage();
    const gone = { ...image, target: { ...image.target, digest: digestRefOf(toUtf8("gone")) } };
    expect(codeOf((await verify(gone)).verdict)).toBe("image-missing");
  });

  test("a repository that no statement is about", async () => {
    const answer = await verify(await newImage(), { policy: { registryScopes: ["other.example/app"] } });
    expect(codeOf(answer.verdict)).toBe("notation-no-policy");
    expect(answer.digest).toBeUndefined();
  });

  test.each<[string, (image: Image) => Promise<unknown>, string]>([
    ["of another image, attached here", async (image) => attach(image, sign(await newImage())), "subject-mismatch"],
    [
      "J05: of another size",
      async (image) => attach(image, sign({ ...image, target: { ...image.target, size: 1 } })),
      "subject-mismatch",
    ],
    ["that is larger than any", async (image) => attach(image, new Uint8Array(2 ** 20 + 1).fill(0x7b)), "too-large"],
  ])("a signature %s", async (_, bring, expected) => {
    const image = await newImage();
    await bring(image);
    expect(codeOf((await verify(image)).verdict)).toBe(expected);
  });

  test("an envelope that is named and not there", async () => {
    const image = await newImage();
    await attach(image, sign(image));
    const { verdict } = await verify(image, { registry: { ...registry, blob: async () => undefined } });
    expect(codeOf(verdict)).toBe("blob");
  });

  test("a registry that lists under the image what refers to another is not believed", async () => {
    const [image, other] = await Promise.all([newImage(), newImage()]);
    const elsewhere = await attach({ ...other, repository: image.repository }, sign(image));
    const lying: Registry = { ...registry, referrers: async () => [elsewhere] };
    const { verdict } = await verify(image, { registry: lying });
    expect(codeOf(verdict)).toBe("subject-mismatch");
  });
});

test("J08: beyond fifty signatures nothing is fetched, and the question stays open", async () => {
  const image = await newImage();
  const bad = await attach(image, sign(image, { expiry: "2026-01-02T00:00:00Z" }));
  let blobs = 0;
  const crowded: Registry = {
    ...registry,
    referrers: async () => Array.from({ length: 1000 }, () => ({ ...bad, artifactType: NOTATION })),
    blob: async (...asked) => {
      blobs++;
      return registry.blob(...asked);
    },
  };
  const { verdict, judged } = await verify(image, { registry: crowded });
  expect([codeOf(verdict), blobs, judged.length]).toEqual(["too-many-candidates", 50, 50]);
  // What says that it is a signature goes before what says nothing.
  const good = await attach(image, sign(image));
  const untyped: Registry = {
    ...crowded,
    referrers: async () => [
      ...Array.from({ length: 100 }, () => ({ digest: bad.digest, mediaType: MANIFEST, size: bad.size })),
      { ...good, artifactType: NOTATION },
    ],
  };
  expect(codeOf((await verify(image, { registry: untyped })).verdict)).toBe("pass");
});

const lists = (crl: Uint8Array) => (question: RevocationQuestion) => (question.kind === "crl" ? crl : undefined);

describe("J02: revocation", () => {
  const [OCSP, CRL] = ["http://ocsp.example/", "http://crl.example/root.crl"];
  const leaf = makeSigner({
    serial: 77,
    extensions: [keyUsage(1), extendedKeyUsage([CODE_SIGNING]), ocspAccess(OCSP), crlPoints([[CRL]])],
  });
  const issuer = { key: rootKey, certificate: root };
  const bad = makeCrl({ issuer, revoked: [leaf.serial] });
  const good = makeCrl({ issuer });
  const online = (status: "good" | "revoked"): Uint8Array =>
    makeOcsp({ certificate: leaf, issuer: root, responder: issuer, status });
  const signed = async (change: Partial<NotationRequest> = {}): Promise<Image> => {
    const image = await newImage();
    await attach(image, sign(image, { chain: [leaf, root], ...change }));
    return image;
  };

  test.each<[string, Asked["answers"], object, string]>([
    ["a revoked leaf, by its list", lists(bad), {}, "notation-revoked"],
    ["a revoked leaf, by OCSP", () => online("revoked"), {}, "notation-revoked"],
    ["a leaf that is good by OCSP", () => online("good"), {}, "pass"],
    ["a leaf that is good by its list", lists(good), {}, "pass"],
    ["nobody answers", undefined, {}, "notation-revocation-unknown"],
    ["nobody answers, where that is only logged", undefined, { override: { revocation: "log" } }, "pass"],
    ["a revoked leaf, where that is only logged", lists(bad), { override: { revocation: "log" } }, "pass"],
    ["a revoked leaf, where nobody asks", lists(bad), { override: { revocation: "skip" } }, "pass"],
  ])("%s", async (_, answers, change, expected) => {
    const policy = { signatureVerification: { level: "strict", ...change } };
    const { verdict } = await verify(await signed(), { policy, ...(answers && { answers }) });
    expect(codeOf(verdict)).toBe(expected);
  });

  test("asks OCSP first, keeps what was good, and tells what was logged", async () => {
    expect(await verify(await signed(), { answers: lists(good) })).toMatchObject({ urls: [OCSP, CRL], kept: 1 });
    const policy = { signatureVerification: { level: "permissive" } };
    const { judged } = await verify(await signed(), { policy, answers: lists(bad) });
    expect(judged[0]?.judged.checks.at(-1)).toMatchObject({
      check: "revocation",
      action: "log",
      verdict: { kind: "fail" },
    });
  });

  test("asks nobody whom an untrusted certificate names", async () => {
    const policy = { trustedIdentities: ["x509.subject: C=CH, ST=Zurich, O=Other"] };
    expect(await verify(await signed(), { policy })).toMatchObject({ urls: [] });
    const audit = { ...policy, signatureVerification: { level: "audit" } };
    const answer = await verify(await signed(), { policy: audit });
    expect(answer.urls).toEqual([]);
    expect(answer.judged[0]?.judged.checks.at(-1)?.verdict.kind).toBe("unknown");
    expect(await verify(await signed({ expiry: "2026-01-02T00:00:00Z" }))).toMatchObject({ urls: [] });
  });
});

test("levels that do not ask who signed leave the question open", async () => {
  const image = await newImage();
  await attach(image, sign(image));
  const audit = await verify(image, { policy: { signatureVerification: { level: "audit" } } });
  expect(codeOf(audit.verdict)).toBe("not-covered");
  const skip = {
    registryScopes: [image.repository],
    signatureVerification: { level: "skip" },
    trustStores: [],
    trustedIdentities: [],
  };
  expect(await verify(image, { policy: skip })).toMatchObject({ verdict: { kind: "unknown" }, judged: [] });
  expect(rulesOf({ level: "audit" }).actions.authenticity).toBe("log");
});

test.each(["manifest", "referrers", "blob"] as const)(
  "a fault of the registry's %s is the registry's",
  async (call) => {
    const image = await newImage();
    await attach(image, sign(image));
    const down = async (): Promise<never> => {
      throw new Fault("registry.unreachable", call);
    };
    await expect(verify(image, { registry: { ...registry, [call]: down } })).rejects.toMatchObject({
      id: "registry.unreachable",
    });
  },
);

const indexOf = async (repository: string, manifests: readonly object[]): Promise<DigestRef> =>
  (await push(repository, { manifests }, INDEX)).digest;

describe("gatherPlatforms", () => {
  const gather = gatherPlatforms(registry);
  const linux = { platform: { os: "linux", architecture: "amd64" } };

  test("a manifest alone is its one platform", async () => {
    const { repository, target } = await newImage();
    expect(await gather(repository, target.digest, never)).toEqual({
      ok: true,
      value: { digest: target.digest, children: [{ platform: "", digest: target.digest }] },
    });
  });

  test("an index, an index in it, and no third", async () => {
    const { repository, target } = await newImage();
    const attestation = { ...target, platform: { os: "unknown", architecture: "unknown" } };
    const inner = await indexOf(repository, [{ ...target, ...linux }, attestation]);
    const outer = await indexOf(repository, [{ digest: inner, mediaType: INDEX, size: 1 }, target]);
    const third = await indexOf(repository, [{ digest: outer, mediaType: INDEX, size: 1 }]);
    expect(await gather(repository, outer, never)).toMatchObject({
      ok: true,
      value: { digest: outer, children: [{ platform: "linux/amd64" }, { platform: "" }] },
    });
    expect(await gather(repository, third, never)).toMatchObject({ ok: false, code: "manifest-invalid" });
  });

  test("nothing that runs, nothing there, and too many in all", async () => {
    const { repository, target } = await newImage();
    const empty = await indexOf(repository, []);
    const many = await indexOf(
      repository,
      Array.from({ length: 64 }, () => ({ ...target, ...linux })),
    );
    const more = await indexOf(repository, [{ digest: many, mediaType: INDEX, size: 1 }, target]);
    const codes = await Promise.all(
      [empty, more, digestRefOf(toUtf8("gone"))].map((digest) => gather(repository, digest, never)),
    );
    expect(codes.map((one) => (one.ok ? "ok" : one.code))).toEqual([
      "platform-uncovered",
      "too-many-children",
      "image-missing",
    ]);
  });
});
