import type { LintRule } from "./rule.ts";
import { attestationsMissing } from "./rules/attestations-missing/rule.ts";
import { chainsSkipped } from "./rules/chains-skipped/rule.ts";
import { credentialExposed } from "./rules/credential-exposed/rule.ts";
import { implicitPublicPlacement } from "./rules/implicit-public-placement/rule.ts";
import { logOrTimestampOff } from "./rules/log-or-timestamp-off/rule.ts";
import { longLivedKey } from "./rules/long-lived-key/rule.ts";
import { noSigningResults } from "./rules/no-signing-results/rule.ts";
import { obsoleteSwitch } from "./rules/obsolete-switch/rule.ts";
import { shellLessImage } from "./rules/shell-less-image/rule.ts";
import { signPathMissing } from "./rules/sign-path-missing/rule.ts";
import { signsMutableReference } from "./rules/signs-mutable-reference/rule.ts";
import { tokenAudience } from "./rules/token-audience/rule.ts";
import { tokenNotMounted } from "./rules/token-not-mounted/rule.ts";
import { tokenTtl } from "./rules/token-ttl/rule.ts";
import { unconstrainedSubject } from "./rules/unconstrained-subject/rule.ts";

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
];
