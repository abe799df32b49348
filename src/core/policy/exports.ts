import { containersPolicyExport } from "./exports/containers-policy/export.ts";
import type { ExportFormat } from "./exports/engine.ts";
import { kyvernoExport } from "./exports/kyverno/export.ts";
import { kyvernoIvpExport } from "./exports/kyverno-ivp/export.ts";
import { notationExport } from "./exports/notation/export.ts";
import { openshiftExport } from "./exports/openshift/export.ts";
import { policyControllerExport } from "./exports/policy-controller/export.ts";

/** Every format that policies are exported to. */
export const EXPORTS: readonly ExportFormat[] = [
  policyControllerExport,
  kyvernoExport,
  kyvernoIvpExport,
  openshiftExport,
  containersPolicyExport,
  notationExport,
];
