import { describe, expect, test } from "vitest";
import { judgeEstate, type Estate } from "../../core/detect/estate.ts";
import { digestRefOf, type DigestRef } from "../../core/digest.ts";
import { renderEventRef, type SigningEvent } from "../../core/entry/signing-event.ts";
import { parseRepositoryPattern, type RepositoryPattern } from "../../core/policy/pattern.ts";
import type { SignerPolicy } from "../../core/policy/signer-policy.ts";
import type { SignatureLink } from "../../core/correlate/signature-link.ts";
import type { UnixMs } from "../../core/time.ts";
import { storedEntry } from "../../ports/stored-entry.contract.ts";
import { smallQueries } from "../../../test/setup/queries.ts";
import { cachedEstate, estateQueries } from "./estate-queries.ts";
import type { Queries } from "./queries.ts";

const NOW = 1_790_003_600_000 as UnixMs;
const API = "registry.example/payments/api";
const image = (text: string): DigestRef => digestRefOf(new TextEncoder().encode(text));

/** Allows the builder of `storedEntry` for payments images, and nobody for any other. */
const policy: SignerPolicy = {
  name: "images",
  families: [
    {
      name: "payments",
      images: [payments()],
      except: [],
      identities: storedEntry(3).event.identities,
      windows: [],
    },
  ],
  namespaces: [],
  exceptions: [],
};

function payments(): RepositoryPattern {
  const pattern = parseRepositoryPattern("registry.example/payments/**");
  if (pattern.startsWith("TP")) throw new Error(pattern);
  return pattern as RepositoryPattern;
}

function link(event: SigningEvent, change: Partial<SignatureLink> = {}): SignatureLink {
  const { log, logIndex } = event;
  return { log, logIndex, repository: API, subject: image("i"), bundle: image("b"), seenAt: NOW, ...change };
}

function estateOf(events: readonly SigningEvent[], links: readonly SignatureLink[], held?: SignerPolicy): Estate {
  const world = {
    runs: [],
    pipelineRuns: [],
    pods: [],
    tokenIssues: [],
    accounts: [],
    chainsConfigs: [],
    links,
    clusters: [],
    logUrls: [],
    gaps: [],
  };
  return judgeEstate({ world, owners: [], imageSets: [], events, asOf: NOW, ...(held && { policy: held }) });
}

async function queriesOf(estate: Estate): Promise<Queries> {
  const small = await smallQueries();
  const deps = { ...small, clock: { now: () => NOW }, clusters: { gaps: async () => [] } };
  return estateQueries({ ...deps, estate: async () => estate });
}

const { event } = storedEntry(3);
const ref = renderEventRef(event);

describe("expectationsOf", () => {
  const identities = [
    {
      issuer: "https://oidc.example",
      san: "https://kubernetes.io/namespaces/sandbox/serviceaccounts/default",
      sanType: "uri",
    },
  ] as const;
  test.each([
    ["the identity that is allowed", event, [link(event)], policy, "yes"],
    ["another identity", { ...event, identities }, [link(event)], policy, "no"],
    ["a certificate of a stranger", { ...event, chain: "untrusted" }, [link(event)], policy, "no"],
    [
      "an attestation by another identity",
      { ...event, identities },
      [link(event, { predicateType: "https://slsa.dev/provenance/v1" })],
      policy,
      "unknown",
    ],
    ["a repository of no family", event, [link(event, { repository: "registry.example/other" })], policy, "unknown"],
    [
      "one entry for two repositories, of which one is not allowed",
      { ...event, identities },
      [link(event, { repository: "registry.example/other" }), link(event)],
      policy,
      "no",
    ],
    ["no bundle seen", event, [], policy, "unknown"],
    ["no policy", event, [link(event)], undefined, "unknown"],
  ] as const)("%s: %#", async (...[, asked, links, held, state]) => {
    const queries = await queriesOf(estateOf([asked], links, held));
    expect((await queries.expectationsOf([asked])).get(ref)?.state).toBe(state);
  });
});

describe("estateQueries", () => {
  test("names each artifact of an entry once", async () => {
    const links = [
      link(event),
      link(event, { bundle: image("b2") }),
      link(event, { repository: "mirror.example/api" }),
    ];
    const queries = await queriesOf(estateOf([event], links));
    expect((await queries.artifactsOf([event])).get(ref)).toEqual([
      { repository: API, digest: image("i") },
      { repository: "mirror.example/api", digest: image("i") },
    ]);
  });

  test("correlates an event that the estate's period left out", async () => {
    const queries = await queriesOf(estateOf([], []));
    const correlation = (await queries.correlationsOf([event])).get(ref);
    expect(correlation).toMatchObject({ log: event.log, logIndex: 3, grade: "none" });
    expect(correlation?.reasons.length).toBeGreaterThan(0);
  });
});

describe("cachedEstate", () => {
  const estate = estateOf([], []);

  test("judges once for all who ask within the time, and again after it", async () => {
    let now = NOW;
    let reads = 0;
    const read = async (): Promise<Estate> => ((reads += 1), estate);
    const ask = cachedEstate(read, { now: () => now }, 15_000);
    await Promise.all([ask(), ask()]);
    now = (now + 14_999) as UnixMs;
    await ask();
    expect(reads).toBe(1);
    now = (now + 1) as UnixMs;
    await ask();
    expect(reads).toBe(2);
  });

  test("does not keep a judgement that failed", async () => {
    let broken = true;
    const read = async (): Promise<Estate> => {
      if (broken) throw new Error("busy");
      return estate;
    };
    const ask = cachedEstate(read, { now: () => NOW }, 15_000);
    await expect(ask()).rejects.toThrow("busy");
    broken = false;
    await expect(ask()).resolves.toBe(estate);
  });
});
