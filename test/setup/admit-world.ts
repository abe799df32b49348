import { admit, type Admission, type AdmitPorts } from "../../src/capabilities/admit/admit.ts";
import type { FindFacts, ImageFacts } from "../../src/capabilities/admit/image-facts.ts";
import type { PolicyInForce } from "../../src/capabilities/admit/policy-in-force.ts";
import { recallFacts } from "../../src/capabilities/admit/recall-facts.ts";
import type { AdmissionRequest } from "../../src/core/admission/review.ts";
import { imagesOfRequest } from "../../src/core/admission/workload-images.ts";
import type { DigestRef } from "../../src/core/digest.ts";
import type { ImageFamily, TrustPolicySet } from "../../src/core/policy/trust-policy.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { addMs, parseRfc3339, type UnixMs } from "../../src/core/time.ts";

export const AT = parseRfc3339("2026-11-23T10:00:00Z") as UnixMs;
export const DIGEST = `sha256:${"3f".repeat(32)}` as DigestRef;
export const IMAGE = `registry.example/payments/api@${DIGEST}`;
const FAMILY: ImageFamily = {
  name: "payments",
  images: ["registry.example/payments/**"],
  except: [],
  require: { op: "signature", by: "builder", on: "subject" },
  platforms: [],
  reference: "ignore",
  time: { windows: [], outside: "flag" },
};
const SET: TrustPolicySet = {
  name: "production",
  revision: 17,
  unmatched: { kind: "deny" },
  pin: "mutate",
  enforcement: { byDefault: { kind: "enforce" }, namespaces: [], exempt: [] },
  families: [FAMILY],
  authorities: {},
  limits: {},
};

/** A policy of one family that lets nothing pass that is not satisfied; a test changes what it is about. */
export function policyOf(change: Partial<PolicyInForce> = {}, set: Partial<TrustPolicySet> = {}): PolicyInForce {
  return {
    set: { ...SET, ...set },
    exceptions: [],
    breakGlass: [],
    hash: "p1",
    familyOf: (repository) => (repository.startsWith("registry.example/payments/") ? FAMILY : undefined),
    familyHash: () => "f1",
    roots: new Map(),
    stores: new Map(),
    enforcementOf: () => ({ kind: "enforce" }),
    breakGlassFor: () => undefined,
    exceptionFor: () => undefined,
    denied: () => undefined,
    needs: () => "signature by builder",
    expected: () => ["ns/payments/sa/builder"],
    ...change,
  };
}

export function factsOf(state: "pass" | "fail" | "unknown", code = "satisfied"): ImageFacts {
  const term = { op: "term", term: "signature by builder", authority: "builder", state, candidates: [] } as const;
  const require = state === "pass" ? term : { ...term, nearest: code };
  return { require, code, codes: state === "pass" ? [] : [code], flags: [], trust: [] };
}

/** A clock that stands still, and on which nothing ever ends. */
export const stopped: Clock = { now: () => AT, sleep: () => new Promise(() => undefined) };

export type AdmitWorld = {
  readonly ask: (images: readonly string[], change?: Partial<AdmissionRequest>) => Promise<Admission>;
  readonly found: () => number;
  readonly wait: (ms: number) => void;
  readonly ports: AdmitPorts;
};

/** An admission over given facts, a registry that knows one digest, and a clock that a test moves. */
export function admitWorld(given: {
  readonly policy?: () => PolicyInForce | undefined;
  readonly find?: FindFacts;
  readonly manifest?: AdmitPorts["registry"]["manifest"];
  readonly budgetMs?: number;
}): AdmitWorld {
  let at = AT;
  let found = 0;
  const clock = { ...stopped, now: () => at };
  const find: FindFacts = async (question, signal) => {
    found += 1;
    return (given.find ?? (async () => factsOf("pass")))(question, signal);
  };
  const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: DIGEST, size: 2 };
  const ports: AdmitPorts = {
    clock,
    registry: { manifest: given.manifest ?? (async () => ({ descriptor, bytes: new Uint8Array(2) })) },
    policy: given.policy ?? (() => policyOf()),
    facts: recallFacts(find, clock),
    engine: "test",
    tzdata: "test",
  };
  return {
    ports,
    found: () => found,
    wait: (ms) => {
      at = addMs(at, ms);
    },
    ask: async (names, change = {}) => {
      const request = requestOf(names, change);
      const images = imagesOfRequest(request);
      if (!images.ok) throw new Error(images.detail);
      return admit(ports)({ request, images: images.value, budgetMs: given.budgetMs ?? 4000 });
    },
  };
}

/** A pod of one container an image. */
export function requestOf(names: readonly string[], change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const containers = names.map((image, i) => ({ name: `c${i}`, image }));
  return {
    uid: "u-1",
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: "pods",
    subResource: "",
    namespace: "payments",
    name: "api",
    dryRun: false,
    user: "u",
    object: { apiVersion: "v1", kind: "Pod", spec: { containers } },
    ...change,
  };
}
