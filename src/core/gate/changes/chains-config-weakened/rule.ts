import type { ChainsConfig } from "../../facts/chains.ts";
import { mapAt, scalarAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import type { Entry } from "../../facts/entry.ts";
import type { FactFamily } from "../../facts/fact.ts";
import type { GateVerdict } from "../../verdict.ts";
import { whereOf, type ChangeRule, type FactPair, type PipelineChange, type Raised } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsConfigWeakened: ChangeRule = {
  id: "chains-config-weakened",
  code: "GS004",
  source: ["tektoncd/chains docs/config.md", "tektoncd/chains pkg/config/config.go"],
  check: (change) => {
    const { before, after } = change;
    if (!before.chains) return [];
    return weakened(before.chains, after.chains).flatMap((one) => raise(one, before.chains, change));
  },
};

type Weakened = {
  readonly key: string;
  readonly says: string;
  readonly verdict: GateVerdict;
  readonly strength?: string;
};
type Get = (key: string) => string;

function weakened(before: ChainsConfig, after: ChainsConfig | undefined): readonly Weakened[] {
  const was: Get = (key) => before.get(key) ?? DEFAULTS.get(key) ?? "";
  const is: Get = (key) => after?.get(key) ?? DEFAULTS.get(key) ?? "";
  return [
    ...(after
      ? []
      : [
          {
            key: "chains-config",
            says: "the configuration of Chains is gone, and its defaults apply",
            verdict: "LOOSENED" as const,
          },
        ]),
    ...ARTIFACTS.flatMap((kind) => ofArtifact(kind, was, is)),
    ...ofTransparency(was(TRANSPARENCY), is(TRANSPARENCY)),
    ...SWITCHES.flatMap((key): readonly Weakened[] =>
      was(key) === "true" && is(key) !== "true" ? [{ key, says: `${key} is no longer true`, verdict: "LOOSENED" }] : [],
    ),
    ...ofFilter(was(FILTER), is(FILTER)),
    ...MOVED.flatMap((key): readonly Weakened[] =>
      was(key) === is(key)
        ? []
        : [{ key, says: `${key} was ${named(was(key))}, and now is ${named(is(key))}`, verdict: "INCOMPARABLE" }],
    ),
    ...(was(REPOSITORY) === is(REPOSITORY)
      ? []
      : [
          {
            key: REPOSITORY,
            says: `what Chains stores goes to ${named(is(REPOSITORY))} now`,
            verdict: "LOOSENED" as const,
          },
        ]),
  ];
}

const ARTIFACTS = ["oci", "taskrun", "pipelinerun"];
const TRANSPARENCY = "transparency.enabled";
const FILTER = "filter.managed-by";
const REPOSITORY = "storage.oci.repository";
const SWITCHES = ["signers.x509.fulcio.enabled", "artifacts.pipelinerun.enable-deep-inspection"];
const MOVED = [
  "signers.x509.fulcio.address",
  "signers.x509.fulcio.issuer",
  "transparency.url",
  "signers.x509.tuf.mirror.url",
];
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ["artifacts.oci.storage", "oci"],
  ["artifacts.taskrun.storage", "tekton"],
  ["artifacts.pipelinerun.storage", "tekton"],
  ["artifacts.oci.signer", "x509"],
  ["artifacts.taskrun.signer", "x509"],
  ["artifacts.pipelinerun.signer", "x509"],
  ["artifacts.taskrun.format", "in-toto"],
  ["artifacts.pipelinerun.format", "in-toto"],
  ["transparency.enabled", "false"],
  ["transparency.url", "https://rekor.sigstore.dev"],
  ["signers.x509.fulcio.address", "https://fulcio.sigstore.dev"],
  ["signers.x509.fulcio.issuer", "https://oauth2.sigstore.dev/auth"],
  ["signers.x509.tuf.mirror.url", "https://tuf-repo-cdn.sigstore.dev"],
]);

function ofArtifact(kind: string, was: Get, is: Get): readonly Weakened[] {
  const [signer, storage, format] = [
    `artifacts.${kind}.signer`,
    `artifacts.${kind}.storage`,
    `artifacts.${kind}.format`,
  ];
  const isGone = (key: string): readonly string[] =>
    backends(was(key)).filter((one) => !backends(is(key)).includes(one));
  const lost = isGone(storage);
  return [
    ...(was(signer) !== "none" && is(signer) === "none"
      ? [{ key: signer, says: `Chains no longer signs ${kind}: its signer is none`, verdict: "LOOSENED" as const }]
      : []),
    ...(lost.length > 0
      ? [{ key: storage, says: `Chains no longer stores ${kind} in ${lost.join(", ")}`, verdict: "LOOSENED" as const }]
      : []),
    ...(kind !== "oci" && levelOf(is(format)) < levelOf(was(format))
      ? [
          {
            key: format,
            says: `what Chains says of ${kind} has the format ${is(format)} instead of ${was(format)}`,
            verdict: "LOOSENED" as const,
          },
        ]
      : []),
  ];
}

function backends(text: string): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Formats by what they say; one that is not known says nothing. */
function levelOf(format: string): number {
  if (format.startsWith("slsa/v2")) return 2;
  return /^(?:in-toto|slsa\/v1|tekton)$/.test(format) ? 1 : 0;
}

/** Chains compares with the exact words `true` and `manual`. */
function ofTransparency(was: string, is: string): readonly Weakened[] {
  const key = TRANSPARENCY;
  if (was !== "true" && was !== "manual") return [];
  if (is === was || is === "true") return [];
  if (is === "manual")
    return [
      {
        key,
        says: "only runs that ask for it are written to the log",
        verdict: "LOOSENED",
        strength: "transparency log on request",
      },
    ];
  return [
    {
      key,
      says: `transparency.enabled is ${named(is)}, so nothing is written to the log`,
      verdict: "LOOSENED",
      strength: "no transparency log",
    },
  ];
}

function ofFilter(was: string, is: string): readonly Weakened[] {
  const added = backends(is).filter((one) => !backends(was).includes(one));
  if (added.length === 0) return [];
  return [{ key: FILTER, says: `Chains leaves out the runs of ${added.join(", ")}`, verdict: "LOOSENED" }];
}

/** Whether a run asks for its entry in the log, and does not say that it has one (`transparency-upload`, `transparency`). */
function asksForLog({ owner, pipelineOwner }: Entry): boolean {
  const annotations = [owner, pipelineOwner].map((object) => mapAt(object?.node, "metadata", "annotations"));
  const has = (name: string): boolean =>
    annotations.some((one) => scalarAt(one, `chains.tekton.dev/${name}`) !== undefined);
  const asks = annotations.some((one) => textAt(one, "chains.tekton.dev/transparency-upload") === "true");
  return asks && !has("transparency");
}

/** Of what Chains makes of an artifact, a setting touches its signature, what is said of it, or both. */
function familiesOf(key: string): readonly FactFamily[] {
  if (key.startsWith("artifacts.oci.")) return ["image"];
  return key.startsWith("artifacts.") ? ["provenance"] : ["image", "provenance"];
}

function named(text: string): string {
  return text === "" ? "empty" : text;
}

function raise(
  { key, says, verdict, strength }: Weakened,
  before: ChainsConfig | undefined,
  { after, pairs }: PipelineChange,
): readonly Raised[] {
  const settings = after.chains?.settings;
  const node = settings?.get(key) ?? settings?.map ?? before?.settings.map;
  if (!node) return [];
  const said = {
    level: "error" as const,
    verdict,
    says,
    witness: { setting: key, ...(strength !== undefined && { strength }) },
    where: whereOf(settings ? "head" : "base", node),
  };
  const hit = pairs.filter((pair) => isTouched(pair, familiesOf(key)));
  if (hit.length === 0) return [said];
  const asking = key === TRANSPARENCY ? entriesThatAsk(after) : new Set<string>();
  return hit.filter(({ after: fact }) => !asking.has(fact?.entry ?? "")).map((pair) => ({ ...said, pair }));
}

function entriesThatAsk({ chains, entries }: PipelineChange["after"]): ReadonlySet<string> {
  const isManual = chains?.get(TRANSPARENCY) === "manual";
  return new Set(isManual ? entries.filter(asksForLog).map(({ id }) => id) : []);
}

function isTouched({ before, fate }: FactPair, families: readonly FactFamily[]): boolean {
  if (!before || fate === "retired" || !families.includes(before.family)) return false;
  return before.signatures.some(({ mechanism }) => mechanism === "chains");
}
