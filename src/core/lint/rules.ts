import type { LintRule } from "./rule.ts";
import { attestationsMissing } from "./rules/attestations-missing/rule.ts";
import { bundle } from "./rules/bundle/rule.ts";
import { chainsSkipped } from "./rules/chains-skipped/rule.ts";
import { credentialExposed } from "./rules/credential-exposed/rule.ts";
import { eventInTemplate } from "./rules/event-in-template/rule.ts";
import { gitRevision } from "./rules/git-revision/rule.ts";
import { httpHub } from "./rules/http-hub/rule.ts";
import { imagePinned } from "./rules/image-pinned/rule.ts";
import { implicitPublicPlacement } from "./rules/implicit-public-placement/rule.ts";
import { logOrTimestampOff } from "./rules/log-or-timestamp-off/rule.ts";
import { longLivedKey } from "./rules/long-lived-key/rule.ts";
import { noSigningResults } from "./rules/no-signing-results/rule.ts";
import { obsoleteSwitch } from "./rules/obsolete-switch/rule.ts";
import { optionInjection } from "./rules/option-injection/rule.ts";
import { pacRemote } from "./rules/pac-remote/rule.ts";
import { paramInScript } from "./rules/param-in-script/rule.ts";
import { remoteCode } from "./rules/remote-code/rule.ts";
import { retiredLocation } from "./rules/retired-location/rule.ts";
import { shellLessImage } from "./rules/shell-less-image/rule.ts";
import { signPathMissing } from "./rules/sign-path-missing/rule.ts";
import { signsMutableReference } from "./rules/signs-mutable-reference/rule.ts";
import { taintedCode } from "./rules/tainted-code/rule.ts";
import { taintedResult } from "./rules/tainted-result/rule.ts";
import { taintedStructure } from "./rules/tainted-structure/rule.ts";
import { tokenAudience } from "./rules/token-audience/rule.ts";
import { tokenNotMounted } from "./rules/token-not-mounted/rule.ts";
import { tokenTtl } from "./rules/token-ttl/rule.ts";
import { unconstrainedSubject } from "./rules/unconstrained-subject/rule.ts";
import { unquotedTainted } from "./rules/unquoted-tainted/rule.ts";

/** Every lint rule. A new rule is one folder under `rules/` and one line here; `test/pages.test.ts` fails when either is missing. */
export const LINT_RULES: readonly LintRule[] = [
  signPathMissing,
  tokenNotMounted,
  tokenAudience,
  tokenTtl,
  shellLessImage,
  credentialExposed,
  signsMutableReference,
  obsoleteSwitch,
  implicitPublicPlacement,
  noSigningResults,
  logOrTimestampOff,
  attestationsMissing,
  unconstrainedSubject,
  chainsSkipped,
  longLivedKey,
  paramInScript,
  unquotedTainted,
  taintedCode,
  eventInTemplate,
  optionInjection,
  remoteCode,
  taintedStructure,
  taintedResult,
  imagePinned,
  bundle,
  gitRevision,
  httpHub,
  pacRemote,
  retiredLocation,
];
