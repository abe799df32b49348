import type { ChangeRule } from "./changes/change.ts";
import { chainsConfigWeakened } from "./changes/chains-config-weakened/rule.ts";
import { chainsToldDone } from "./changes/chains-told-done/rule.ts";
import { isolationLost } from "./changes/isolation-lost/rule.ts";
import { notInSight } from "./changes/not-in-sight/rule.ts";
import { parameterSwitchesOff } from "./changes/parameter-switches-off/rule.ts";
import { preconditionLost } from "./changes/precondition-lost/rule.ts";
import { referenceMoved } from "./changes/reference-moved/rule.ts";
import { signerChanged } from "./changes/signer-changed/rule.ts";
import { signerImageChanged } from "./changes/signer-image-changed/rule.ts";
import { signingOptionWeakened } from "./changes/signing-option-weakened/rule.ts";
import { signingRemoved } from "./changes/signing-removed/rule.ts";
import { signingWeakened } from "./changes/signing-weakened/rule.ts";
import { subjectChanged } from "./changes/subject-changed/rule.ts";
import { tokenWidened } from "./changes/token-widened/rule.ts";
import { typeHintLost } from "./changes/type-hint-lost/rule.ts";
import { unsignedArtifact } from "./changes/unsigned-artifact/rule.ts";
import { verificationRemoved } from "./changes/verification-removed/rule.ts";

/** Every rule about what a change does to signing, by code. A rule is a folder beside these and one line here. */
export const CHANGE_RULES: readonly ChangeRule[] = [
  signingRemoved,
  signingWeakened,
  chainsToldDone,
  chainsConfigWeakened,
  typeHintLost,
  referenceMoved,
  tokenWidened,
  isolationLost,
  signerImageChanged,
  subjectChanged,
  signingOptionWeakened,
  verificationRemoved,
  parameterSwitchesOff,
  unsignedArtifact,
  signerChanged,
  notInSight,
  preconditionLost,
];
