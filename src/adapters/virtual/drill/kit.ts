import type { EvidencePlan, PlacePlan, Plan, ReviewImages } from "../../../core/drill/plan.ts";
import type { DrillCase, Trial } from "../../../core/drill/drill-case.ts";
import { referenceOf, type Exhibit } from "../../../core/drill/exhibit.ts";
import type { JsonObject } from "../../../core/json/json.ts";
import { toPolicyDocument } from "../../../core/policy/imports/to-document.ts";
import { toPolicy } from "../../../core/drill/to-policy.ts";
import { toOlderLayout } from "../../../core/drill/older-layout.ts";
import type { DrillKit } from "../../../ports/drill.ts";
import type { Registry } from "../../../ports/registry.ts";
import { attachEvidence, listForeign } from "./attach.ts";
import { makeEvidence, makeManagedKey, type ManagedKey } from "./evidence.ts";
import { attachNotation } from "./notation.ts";
import type { NotationPublisher } from "./notation-publisher.ts";
import { pushImage, pushIndex, pushSbom, type Place, type PushedImage } from "./image.ts";
import type { Outage } from "../serve.ts";
import { lieOf } from "./lies.ts";
import type { DrillWorld } from "./world.ts";

/** A registry and what names in it begin with: `localhost:5000/drill`. */
export type DrillRegistry = { readonly registry: Registry; readonly prefix: string };

export type DrillKitOptions = {
  readonly world: DrillWorld;
  readonly push: DrillRegistry;
  /** One without the referrers API. */
  readonly fallback?: DrillRegistry;
  /** Who signs as the Notary Project does. */
  readonly publisher?: NotationPublisher;
  /** One that lies, and how it is told. */
  readonly hostile?: DrillRegistry & { readonly lie: (outage: Outage | undefined) => void };
  /** `older`: everything in cosign's older layout; cases that are about bundles are not made. */
  readonly layout?: "older";
  /** One that no family covers, and how often it has been asked. */
  readonly elsewhere?: { readonly host: string; readonly requests: () => number };
};

/** Of every image that has one. */
const TAG = "v1";

/** Makes what the plans say, and pushes it. */
export function drillKit(options: DrillKitOptions): DrillKit {
  return {
    prepare: async (drillCase, trial, signal) => {
      const plan = options.layout === "older" ? toOlderLayout(trial.plan) : trial.plan;
      if (!plan) return { notMade: "about what cosign's older layout does not have" };
      const { lie, image, unmade } = plan;
      if (unmade !== undefined) return { notMade: unmade };
      options.hostile?.lie(undefined);
      const at = lie ? options.hostile : image?.registry === "fallback" ? options.fallback : options.push;
      if (!at) return { notMade: "needs a registry that lies, or one without the referrers API" };
      const repository = `${at.prefix}/${repositoryOf(drillCase, trial)}`;
      return {
        exhibit: await makeExhibit(options, { registry: at.registry, repository, signal }, drillCase, {
          ...trial,
          plan,
        }),
      };
    },
  };
}

function repositoryOf({ id, trials }: DrillCase, trial: Trial): string {
  return `${id.toLowerCase()}-${trials.indexOf(trial) + 1}`;
}

async function makeExhibit(
  options: DrillKitOptions,
  place: Place,
  { id }: DrillCase,
  { plan, name }: Trial,
): Promise<Exhibit> {
  const images = await pushImages(place, `${id} ${name}`, plan);
  const managed = plan.ask?.managedKey && makeManagedKey();
  await makeAll(options, { world: options.world, place, images, managed }, plan);
  const root = options.publisher?.root.certificate;
  const names = { id, trial: name, repository: place.repository, ...(root && plan.notation && { notationRoot: root }) };
  const exhibit = toExhibit({ ...names, plan, images, managed });
  const { elsewhere, hostile } = options;
  // Last of all: what is pushed has to arrive.
  if (plan.lie) hostile?.lie(lieOf(plan.lie, { ...images, elsewhere: `http://${elsewhere?.host ?? ""}` }));
  return watched(options, { ...exhibit, ...askedOf(options, plan, exhibit, images) });
}

/** In which words the verifier is asked, where they are not the usual ones. */
function askedOf(
  options: DrillKitOptions,
  { review, reference, text }: Plan,
  exhibit: Exhibit,
  images: Images,
): Pick<Exhibit, "review" | "reference" | "documents"> {
  const named = namesOf(options, exhibit, images);
  return {
    ...(review && { review: review(named) }),
    ...(reference && { reference: reference(named) }),
    ...(text && { documents: documentsOf(exhibit, text({ digest: exhibit.digest, now: options.world.now })) }),
  };
}

type Shown = Pick<Exhibit, "id" | "trial" | "repository" | "notationRoot"> & {
  readonly plan: Plan;
  readonly images: Images;
  readonly managed: ManagedKey | undefined;
};

function toExhibit({ plan, images, managed, ...names }: Shown): Exhibit {
  const { ask = {}, image, trust, resolve } = plan;
  return {
    ...names,
    digest: images.asked.digest,
    policy: toPolicy(ask, names.repository, managed?.spki),
    ...(image?.tagged && { tag: TAG }),
    ...(trust && { trust }),
    ...(resolve && { resolve }),
  };
}

function documentsOf({ policy }: Exhibit, others: readonly JsonObject[]): readonly JsonObject[] {
  return [toPolicyDocument(policy), ...others];
}

/** The artifact, with the count of requests that should not be made for it. */
function watched({ elsewhere }: DrillKitOptions, exhibit: Exhibit): Exhibit {
  if (!elsewhere) return exhibit;
  const before = elsewhere.requests();
  return { ...exhibit, strayRequests: () => elsewhere.requests() - before };
}

function namesOf({ elsewhere }: DrillKitOptions, exhibit: Exhibit, { asked, other }: Images): ReviewImages {
  const { repository, tag = "none" } = exhibit;
  return {
    image: referenceOf(exhibit),
    unsigned: `${repository}@${other.digest}`,
    tagged: `${repository}:${tag}`,
    elsewhere: `${elsewhere?.host ?? "elsewhere.invalid"}/nobody/app@${asked.digest}`,
  };
}

type Images = {
  /** What the verifier is asked about. */
  readonly asked: PushedImage;
  /** What is signed, and what else there is to sign. */
  readonly whole: PushedImage;
  readonly child: PushedImage;
  readonly second: PushedImage;
  readonly other: PushedImage;
};

async function pushImages(place: Place, name: string, plan: Plan): Promise<Images> {
  const tag = plan.image?.tagged ? TAG : undefined;
  const other = await pushImage(place, `${name} other`);
  if (plan.image?.shape !== "index") {
    const image = await pushImage(place, name, tag);
    return { asked: image, whole: image, child: image, second: image, other };
  }
  const { index, children } = await pushIndex(place, name, { tag, change: plan.image.manifest });
  const [child, second] = children;
  return { asked: plan.image.asked === "child" ? child : index, whole: index, child, second, other };
}

type Making = {
  readonly world: DrillWorld;
  readonly place: Place;
  readonly images: Images;
  readonly managed: ManagedKey | undefined;
};

/** In the order of the plan, which is that of the referrers. */
async function makeAll({ publisher }: DrillKitOptions, making: Making, plan: Plan): Promise<void> {
  const { place, images } = making;
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (const evidence of plan.evidence) await makeOne(making, evidence);
  for (const notation of plan.notation ?? []) {
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (publisher) await attachNotation(place, publisher, notation, images.asked);
  }
  if (plan.image?.sbomTag) await pushSbom(place, images.asked);
}

/** What a signature is about, by where it is kept. */
const SIGNED: Partial<Record<PlacePlan, keyof Images>> = {
  "other-image": "other",
  "fallback-of-other": "other",
  child: "child",
  "one-platform": "child",
  "second-child": "second",
};

async function makeOne({ world, place, images, managed }: Making, plan: EvidencePlan): Promise<void> {
  const { place: where, times = 1 } = plan;
  const signed = images[where === undefined ? "whole" : (SIGNED[where] ?? "whole")];
  for (let i = 0; i < times; i++) {
    // oxlint-disable-next-line no-await-in-loop -- a flood, one after the other
    const evidence = await makeEvidence(world, plan, signed, managed);
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (where === "fallback-of-other") await listForeign(place, plan, evidence, images);
    // oxlint-disable-next-line no-await-in-loop -- as above
    else await attachEvidence(place, plan, evidence, where === "other-image" ? images.asked : signed);
  }
}
