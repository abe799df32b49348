import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIndex, parseManifest } from "../src/adapters/oci/descriptor.ts";
import { readDocuments } from "../src/adapters/manifests/documents.ts";
import { webhookHandler } from "../src/app/webhook/webhook-handler.ts";
import { webhookMetrics } from "../src/app/webhook/webhook-metrics.ts";
import { pinImages } from "../src/capabilities/admit/pin-images.ts";
import { admit } from "../src/capabilities/admit/admit.ts";
import { toUtf8 } from "../src/core/bytes/utf8.ts";
import { readBundle } from "../src/core/bundle/read.ts";
import { renderBundle } from "../src/core/bundle/render.ts";
import { readSimpleSigning } from "../src/core/bundle/simple-signing.ts";
import { readStatement } from "../src/core/dsse/statement.ts";
import { readIndexEntries } from "../src/core/image/platforms.ts";
import { readPolicySet } from "../src/core/policy/read/read-set.ts";
import type { Requirement, TrustPolicySet } from "../src/core/policy/trust-policy.ts";
import { AT, admitWorld, factsOf } from "./setup/admit-world.ts";
import { messageBundle, statementBundle } from "./setup/bundle-world.ts";
import { diceOf, mutatedJson, type Dice } from "./setup/mutate.ts";
import { CONTEXT, POLICY } from "./setup/policy-set.ts";
import { reviewOf } from "./setup/webhook-world.ts";

/**
 * What the webhook reads from others, bent out of shape: nothing may make a reader throw, and nothing that is let pass may
 * be something else to whoever reads it leniently, as API servers and runtimes do. Each property runs `RUNS` inputs: with
 * `RUNS=250000` the four are a million.
 */
const TIMEOUT_MS = 120_000 + Number(process.env["RUNS"] ?? 0) * 50;
const seeds = fc.noBias(fc.integer({ min: 0, max: 0xffff_ffff }));

function forEachInput(run: (dice: Dice) => void): void {
  fc.assert(
    fc.property(seeds, (seed) => run(diceOf(seed))),
    { endOnFailure: true },
  );
}

type Loose = Readonly<Record<string, unknown>>;

/** As a lenient reader would have it: the last of two members, any depth, any number. */
function looseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (held, key) => (typeof held === "object" && held !== null ? (held as Loose)[key] : undefined),
    value,
  );
}

const DIGESTS = ["3f", "4a"].map((two) => `sha256:${two.repeat(32)}`);
const IMAGE = `registry.example/payments/api@${DIGESTS[0]}`;

describe("AdmissionReviews", () => {
  const template = { metadata: {}, spec: { containers: [{ name: "a", image: IMAGE }] } };
  const KINDS: readonly (readonly [string, string, string, object, readonly string[]])[] = [
    ["", "Pod", "pods", template.spec, ["spec"]],
    ["apps", "Deployment", "deployments", { replicas: 1, template }, ["spec", "template", "spec"]],
    [
      "batch",
      "CronJob",
      "cronjobs",
      { jobTemplate: { spec: { template } } },
      ["spec", "jobTemplate", "spec", "template", "spec"],
    ],
  ];
  const reviews = KINDS.flatMap(([group, kind, resource, spec]) =>
    ["CREATE", "UPDATE", "DELETE"].map((operation) => {
      const object = { apiVersion: group === "" ? "v1" : `${group}/v1`, kind, metadata: { name: "a" }, spec };
      const old = operation === "UPDATE" ? { ...object, spec: {} } : null;
      const change = { kind: { group, version: "v1", kind }, resource: { group, version: "v1", resource } };
      return reviewOf([IMAGE], { ...change, operation, object, oldObject: old } as never);
    }),
  );
  const places = [
    { initContainers: [{ name: "i", image: IMAGE }] },
    { ephemeralContainers: [{ name: "e", image: IMAGE }] },
    { volumes: [{ name: "v", image: { reference: IMAGE } }] },
  ];
  const pods = places.map((spec) => reviewOf([IMAGE], { object: { apiVersion: "v1", kind: "Pod", spec } }));

  /** Every image that a runtime would start of an object of a kind; what cannot be told is there too. */
  function startedBy(kind: unknown, object: unknown): readonly unknown[] {
    const path = KINDS.find((known) => known[1] === kind)?.[4];
    const spec = path ? at(object, ...path) : undefined;
    const containers = ["initContainers", "containers", "ephemeralContainers"].map((group) => at(spec, group));
    const images = containers.flatMap((list) =>
      itemsOf(list).map((item) => (item === OPAQUE ? item : at(item, "image"))),
    );
    const mounted = itemsOf(at(spec, "volumes")).map((item) =>
      item === OPAQUE ? undefined : at(item, "image", "reference"),
    );
    return [...images, ...mounted].filter((image) => image !== undefined && image !== null && image !== "");
  }

  const handler = webhookHandler({
    ...depsOf(),
    ownNamespace: "countersign",
  });

  test("that are let pass start nothing new that was not judged", { timeout: TIMEOUT_MS }, async () => {
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = diceOf(seed);
        const text = mutatedJson(dice.pick([...reviews, ...pods]), dice);
        const { status, body } = await handler("/admit?timeout=10s", toUtf8(text));
        expect([200, 400]).toContain(status);
        if (status !== 200 || at(JSON.parse(body), "response", "allowed") !== true) return;
        passed += 1;
        const request = at(looseJson(text), "request");
        expect(request).toBeDefined();
        const operation = at(request, "operation");
        if (operation === "DELETE" || operation === "CONNECT" || at(request, "namespace") === "countersign") return;
        const kind = at(request, "kind", "kind");
        const before = operation === "UPDATE" ? startedBy(kind, at(request, "oldObject")) : [];
        expect(startedBy(kind, at(request, "object")).filter((image) => !before.includes(image))).toEqual([]);
      }),
      { endOnFailure: true },
    );
    expect(passed).toBeGreaterThan(0);
  });
});

const OPAQUE = { opaque: true };

function itemsOf(list: unknown): readonly unknown[] {
  if (list === undefined || list === null) return [];
  return Array.isArray(list) ? (list as readonly unknown[]) : [OPAQUE];
}

/** A webhook to which everything is unsigned. */
function depsOf() {
  const { ports } = admitWorld({ find: async () => factsOf("fail", "no-signature") });
  return {
    admit: admit(ports),
    pin: pinImages(ports),
    checkDocument: async () => ({ problems: [], warnings: [] }),
    clock: { now: () => AT },
    elapsedMs: () => 0,
    metrics: webhookMetrics(),
    record: () => undefined,
    onUnrecorded: () => undefined,
    pinTemplates: true,
  };
}

describe("manifests", () => {
  const image = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: DIGESTS[0], size: 2 },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: DIGESTS[1], size: 3 }],
  };
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: DIGESTS.map((digest, i) => ({
      mediaType: image.mediaType,
      digest,
      size: 7,
      platform: { os: "linux", architecture: i === 0 ? "amd64" : "arm64" },
      annotations: { a: "b" },
    })),
  };

  const both = [
    { ...index, layers: image.layers },
    { ...index, config: image.config },
    { ...image, manifests: [] },
  ];

  test("are read as a runtime reads them, or refused", { timeout: TIMEOUT_MS }, () => {
    forEachInput((dice) => {
      const text = mutatedJson(dice.pick([image, index, index, ...both]), dice);
      const bytes = toUtf8(text);
      const loose = looseJson(text);
      const listed = itemsOf(at(loose, "manifests")).map((item) => at(item, "digest"));
      const entries = readIndexEntries(bytes);
      const manifest = parseManifest(bytes);
      expect([
        ...(entries.ok ? differencesOf(entries.value, loose, listed) : []),
        ...(manifest && JSON.stringify(manifest) !== JSON.stringify(loose) ? ["the manifest is another"] : []),
        ...(parseIndex(bytes) ?? []).filter(({ digest, size }) => !listed.includes(digest) || !(size >= 0)),
      ]).toEqual([]);
    });
  });
});

/** Where what was read of an index is not what a runtime would find. */
function differencesOf(
  entries: readonly { readonly digest: string }[] | undefined,
  loose: unknown,
  listed: readonly unknown[],
): readonly string[] {
  if (!entries) return at(loose, "manifests") === undefined ? [] : ["an index that was taken for none"];
  const isBoth = at(loose, "layers") !== undefined || at(loose, "config") !== undefined;
  const isSame = JSON.stringify(entries.map(({ digest }) => digest)) === JSON.stringify(listed);
  const isHex = entries.every(({ digest }) => /^sha256:[0-9a-f]{64}$/.test(digest));
  return [...(isBoth ? ["an index and an image"] : []), ...(isSame && isHex ? [] : ["other children"])];
}

describe("payloads", () => {
  const simple = {
    critical: {
      identity: { "docker-reference": "registry.example/api" },
      image: { "docker-manifest-digest": DIGESTS[0] },
      type: "cosign container image signature",
    },
    optional: null,
  };
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "a", digest: { sha256: "3f".repeat(32) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: { a: [1, { b: "c" }] },
  };
  const bundles = [messageBundle("rekor2"), messageBundle("rekor1"), statementBundle("rekor2")].map((bundle): unknown =>
    JSON.parse(new TextDecoder().decode(renderBundle(bundle))),
  );

  test("say of what they are what a lenient reader would say, or are refused", { timeout: TIMEOUT_MS }, () => {
    forEachInput((dice) => {
      const text = mutatedJson(dice.pick([simple, statement, ...bundles]), dice);
      const bytes = toUtf8(text);
      const loose = looseJson(text);
      const read = readSimpleSigning(bytes);
      const said = readStatement(bytes);
      const bundle = readBundle(bytes);
      expect([
        ...(read.ok
          ? mismatches(at(loose, "critical"), {
              image: { "docker-manifest-digest": read.value.digest },
              type: simple.critical.type,
            })
          : []),
        ...(said.ok
          ? mismatches(loose, { predicateType: said.value.predicateType, predicate: said.value.predicate })
          : []),
        ...(said.ok
          ? mismatches(
              { digests: itemsOf(at(loose, "subject")).map((subject) => at(subject, "digest")) },
              { digests: said.value.subjects.map(({ digests }) => digests) },
            )
          : []),
        ...(said.ok && !String(at(loose, "_type")).startsWith("https://in-toto.io/Statement/v")
          ? ["no statement"]
          : []),
        ...(bundle.ok && !String(at(loose, "mediaType")).startsWith("application/vnd.dev.sigstore.bundle")
          ? ["no bundle"]
          : []),
      ]).toEqual([]);
    });
  });
});

/** The members that a lenient reader would read as something else. */
function mismatches(loose: unknown, read: Loose): readonly string[] {
  return Object.keys(read).filter((key) => plain(at(loose, key)) !== plain(read[key]));
}

/** Text of a value in which null is what absence is, as in proto3 JSON: no text. Nothing is ever equal to a digest of no text. */
function plain(value: unknown): string {
  return JSON.stringify(value ?? null, (_, held: unknown) => held ?? "");
}

describe("policies", () => {
  test(
    "that are read trust nobody whom they do not name, and ask for evidence of every image",
    { timeout: TIMEOUT_MS },
    () => {
      let accepted = 0;
      forEachInput((dice) => {
        const text = mutatedJson(POLICY, dice, dice.below(2) === 0 ? JSON.stringify : toYamlText);
        const { documents, problems } = readDocuments([{ path: "policy.yaml", bytes: toUtf8(text) }]);
        if (problems.some(({ level }) => level === "error")) return;
        const read = readPolicySet(documents, CONTEXT);
        if (!read.documents) return;
        accepted += 1;
        expect(inventedBy(read.documents.policy, text)).toEqual([]);
      });
      expect(accepted).toBeGreaterThan(0);
    },
  );
});

/** What an accepted policy has that nobody wrote. */
function inventedBy(policy: TrustPolicySet, text: string): readonly string[] {
  // YAML and JSON may write a slash with a backslash before it.
  const texts = [text, text.replaceAll("\\/", "/")];
  const written = (value: string): boolean =>
    texts.some((one) => one.includes(value) || one.includes(JSON.stringify(value).slice(1, -1)));
  const identities = Object.values(policy.authorities).flatMap((authority) =>
    authority.kind === "sigstore" ? authority.identities : [],
  );
  const exact = identities
    .flatMap(({ issuer, san }) => [issuer, san])
    .flatMap((rule) => (rule.kind === "exact" ? rule.text : rule.pattern));
  const patterns = policy.families.flatMap(({ images }) => images);
  const names = [...exact.filter((value) => !isExpanded(value, written)), ...patterns].filter(
    (value) => !written(value),
  );
  const vacuous = policy.families
    .filter(({ require }) => isMetByNothing(require))
    .map(({ name }) => `${name} asks for nothing`);
  const { enforcement, unmatched } = policy;
  const opened = [
    ...(unmatched.kind === "admit" && !text.includes("admit") ? ["unmatched images are admitted"] : []),
    ...(enforcement.byDefault.kind === "audit" && !text.includes("audit") ? ["nothing is enforced"] : []),
    ...(enforcement.exempt.length > 0 && !text.includes("exempt") ? ["namespaces are exempt"] : []),
  ];
  return [...names, ...vacuous, ...opened];
}

/** What `serviceAccount` stands for: the issuer of a known cluster, and a name of which each part is written. */
function isExpanded(value: string, written: (part: string) => boolean): boolean {
  const parts = /^https:\/\/kubernetes\.io\/namespaces\/([^/]+)\/serviceaccounts\/([^/]+)$/.exec(value)?.slice(1);
  return parts ? parts.every(written) : Object.values(CONTEXT.clusters).some(({ issuer }) => issuer === value);
}

/** Whether a requirement holds where there is no evidence at all. */
function isMetByNothing(require: Requirement): boolean {
  if (require.op === "signature" || require.op === "attestation") return false;
  const met = require.of.filter(isMetByNothing).length;
  if (require.op === "atLeast") return met >= require.n;
  return require.op === "all" ? met === require.of.length : met > 0;
}

function toYamlText(tree: unknown): string {
  return `${toYaml(tree, 0)}\n`;
}

/** Block YAML of a tree, as a person writes it. */
function toYaml(tree: unknown, depth: number): string {
  const pad = "  ".repeat(depth);
  if (Array.isArray(tree)) {
    if (tree.length === 0) return "[]";
    return tree.map((item) => `\n${pad}- ${toYaml(item, depth + 1).trimStart()}`).join("");
  }
  if (typeof tree !== "object" || tree === null) return JSON.stringify(tree) ?? "null";
  const members = Object.entries(tree);
  if (members.length === 0) return "{}";
  return members
    .map(([key, value]) => {
      const name = /^[a-zA-Z]+$/.test(key) ? key : JSON.stringify(key);
      return `\n${pad}${name}: ${toYaml(value, depth + 1)}`;
    })
    .join("");
}
