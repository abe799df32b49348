import type { PolicyChangeOptions } from "../../../src/core/gate/judge/judge-policies.ts";
import { resultOf, type CaseResult, type GateCase } from "./gate-case.ts";
import { OPTIONS, reportOf, treeOf } from "./world.ts";

type WaiverCase = GateCase & {
  readonly newSans: readonly string[];
  readonly undecidedAtom?: string;
  readonly waiver: {
    readonly san: Readonly<Record<string, string | boolean>>;
    readonly images?: readonly string[];
    readonly created: string;
    readonly expires: string;
    readonly approvedBy: readonly string[];
    readonly requestedBy: string;
    readonly revision: "base" | "head";
  };
  readonly expect: {
    readonly exit: number;
    readonly verdict?: string;
    readonly waived?: boolean;
    readonly codes?: readonly string[];
    readonly witness?: { readonly san: string };
  };
};

const WAIVER = ".countersign/waivers/w.yaml";

/** Runs a case about waivers: signers are added to a policy, and a waiver lies beside it. */
export function runWaiverCase(given: GateCase): CaseResult {
  const { newSans, undecidedAtom, waiver, expect } = given as WaiverCase;
  const waivers = { [WAIVER]: spellWaiver(waiver) };
  const inBase = waiver.revision === "base" ? waivers : {};
  const base = treeOf({ "p.yaml": spellPolicy(["pay"], undecidedAtom && "cue:old"), ...inBase });
  const head = treeOf({ "p.yaml": spellPolicy(["pay", ...newSans], undecidedAtom), ...waivers });
  const options: PolicyChangeOptions = {
    ...OPTIONS,
    waivers: { approvers: ["lead", "alice"], requireSigned: false, trustRoots: {} },
  };
  const report = reportOf(base, head, options);
  const all = [...report.findings, ...report.undecided];
  const told = all.map(({ code, message, waiver: by }) => `${code} ${message} ${by ?? ""}`).join("; ");
  const signers = report.findings
    .filter((one) => one.waiver === undefined)
    .map(({ witness }) => JSON.stringify(witness?.["evidence"] ?? []));
  const { verdict = report.verdict, codes = [], witness } = expect;
  return resultOf([
    ...(report.exit === expect.exit ? [] : [`exit is ${report.exit}: ${told}`]),
    ...(report.verdict === verdict ? [] : [`verdict is ${report.verdict}: ${told}`]),
    ...codes.filter((code) => !all.some((one) => one.code === code)).map((code) => `no ${code}: ${told}`),
    ...(expect.waived === true && !all.some((one) => one.waiver === "w") ? ["nothing is waived"] : []),
    ...(witness && !signers.some((one) => one.includes(`"san":"${witness.san}"`))
      ? [`no signer ${witness.san}: ${signers.join()}`]
      : []),
  ]);
}

function spellPolicy(sans: readonly string[], atom: string | undefined): string {
  const identities = sans.map((subject) => ({ issuer: "https://i", subject }));
  const attestations =
    atom === undefined
      ? {}
      : {
          attestations: [
            { name: "p", predicateType: "https://slsa.dev/provenance/v1", policy: { type: "cue", data: atom } },
          ],
        };
  return JSON.stringify({
    apiVersion: "policy.sigstore.dev/v1beta1",
    kind: "ClusterImagePolicy",
    metadata: { name: "pay" },
    spec: { images: [{ glob: "ghcr.io/acme/pay/**" }], authorities: [{ keyless: { identities }, ...attestations }] },
  });
}

function spellWaiver({ san, images, created, expires, approvedBy, requestedBy }: WaiverCase["waiver"]): string {
  const evidence = { san: san["re2full"] === undefined ? san : { re2: san["re2full"] } };
  return JSON.stringify({
    apiVersion: "countersign.dev/v1alpha1",
    kind: "GateWaiver",
    metadata: { name: "w" },
    spec: {
      reason: "signing moves to another account",
      ticket: "SEC-1",
      requestedBy,
      approvedBy,
      created,
      expires,
      covers: { policy: { where: { images: images ?? ["ghcr.io/acme/pay/**"] }, evidence } },
    },
  });
}
