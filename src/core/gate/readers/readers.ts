import { containersReader } from "./containers/reader.ts";
import { kyvernoIvpReader } from "./kyverno-ivp/reader.ts";
import { kyvernoReader } from "./kyverno/reader.ts";
import { notationReader } from "./notation/reader.ts";
import { openshiftReader } from "./openshift/reader.ts";
import { policyControllerReader } from "./policy-controller/reader.ts";
import { trustRootReader } from "./policy-controller/trust-root-reader.ts";
import { trustPolicyReader } from "./trust-policy/reader.ts";
import type { GateReader } from "./reading.ts";

/** Every policy language that the gate reads; a new one is a folder and a line here. */
export const GATE_READERS: readonly GateReader[] = [
  policyControllerReader,
  trustRootReader,
  kyvernoReader,
  kyvernoIvpReader,
  openshiftReader,
  containersReader,
  notationReader,
  trustPolicyReader,
];
