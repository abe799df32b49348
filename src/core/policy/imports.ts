import { containersPolicyImport } from "./imports/containers-policy/import.ts";
import type { ImportFormat } from "./imports/imported.ts";
import { kyvernoImport } from "./imports/kyverno/import.ts";
import { kyvernoIvpImport } from "./imports/kyverno-ivp/import.ts";
import { notationImport } from "./imports/notation/import.ts";
import { openshiftImport } from "./imports/openshift/import.ts";
import { policyControllerImport } from "./imports/policy-controller/import.ts";

/** Every format that policies are imported from. */
export const IMPORTS: readonly ImportFormat[] = [
  policyControllerImport,
  kyvernoImport,
  kyvernoIvpImport,
  openshiftImport,
  containersPolicyImport,
  notationImport,
];
