import type { LintRule } from "./rule.ts";
import { ambientCredentials } from "./rules/ambient-credentials/rule.ts";
import { apiToken } from "./rules/api-token/rule.ts";
import { attestationsMissing } from "./rules/attestations-missing/rule.ts";
import { audienceIsApi } from "./rules/audience-is-api/rule.ts";
import { audienceReachable } from "./rules/audience-reachable/rule.ts";
import { bundle } from "./rules/bundle/rule.ts";
import { chainsEndpoints } from "./rules/chains-endpoints/rule.ts";
import { chainsSkipped } from "./rules/chains-skipped/rule.ts";
import { chainsToken } from "./rules/chains-token/rule.ts";
import { chainsUnlogged } from "./rules/chains-unlogged/rule.ts";
import { chainsUnsigned } from "./rules/chains-unsigned/rule.ts";
import { commentTrigger } from "./rules/comment-trigger/rule.ts";
import { credentialExposed } from "./rules/credential-exposed/rule.ts";
import { debug } from "./rules/debug/rule.ts";
import { defaultIdentity } from "./rules/default-identity/rule.ts";
import { eventChoosesIdentity } from "./rules/event-chooses-identity/rule.ts";
import { eventInTemplate } from "./rules/event-in-template/rule.ts";
import { featureFlagsRule } from "./rules/feature-flags/rule.ts";
import { forbiddenEnv } from "./rules/forbidden-env/rule.ts";
import { gitRevision } from "./rules/git-revision/rule.ts";
import { httpHub } from "./rules/http-hub/rule.ts";
import { imagePinned } from "./rules/image-pinned/rule.ts";
import { implicitPublicPlacement } from "./rules/implicit-public-placement/rule.ts";
import { issuerCollision } from "./rules/issuer-collision/rule.ts";
import { issuerType } from "./rules/issuer-type/rule.ts";
import { listenerRights } from "./rules/listener-rights/rule.ts";
import { logOrTimestampOff } from "./rules/log-or-timestamp-off/rule.ts";
import { longLivedKey } from "./rules/long-lived-key/rule.ts";
import { noSigningResults } from "./rules/no-signing-results/rule.ts";
import { obsoleteSwitch } from "./rules/obsolete-switch/rule.ts";
import { openNamespace } from "./rules/open-namespace/rule.ts";
import { optionInjection } from "./rules/option-injection/rule.ts";
import { pacRemote } from "./rules/pac-remote/rule.ts";
import { paramInScript } from "./rules/param-in-script/rule.ts";
import { podTemplate } from "./rules/pod-template/rule.ts";
import { prDefines } from "./rules/pr-defines/rule.ts";
import { prSigns } from "./rules/pr-signs/rule.ts";
import { rbacShortcut } from "./rules/rbac-shortcut/rule.ts";
import { remoteCode } from "./rules/remote-code/rule.ts";
import { retention } from "./rules/retention/rule.ts";
import { retiredLocation } from "./rules/retired-location/rule.ts";
import { sanTemplate } from "./rules/san-template/rule.ts";
import { securityContext } from "./rules/security-context/rule.ts";
import { sharedAccount } from "./rules/shared-account/rule.ts";
import { sharedPod } from "./rules/shared-pod/rule.ts";
import { sharedWorkspace } from "./rules/shared-workspace/rule.ts";
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
import { unfilteredEvent } from "./rules/unfiltered-event/rule.ts";
import { unquotedTainted } from "./rules/unquoted-tainted/rule.ts";
import { unverifiedEvent } from "./rules/unverified-event/rule.ts";
import { wideMount } from "./rules/wide-mount/rule.ts";
import { wildcardIssuer } from "./rules/wildcard-issuer/rule.ts";

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
  audienceReachable,
  sharedPod,
  sharedWorkspace,
  sharedAccount,
  apiToken,
  rbacShortcut,
  openNamespace,
  ambientCredentials,
  securityContext,
  podTemplate,
  wideMount,
  debug,
  prSigns,
  prDefines,
  unverifiedEvent,
  unfilteredEvent,
  eventChoosesIdentity,
  listenerRights,
  commentTrigger,
  audienceIsApi,
  wildcardIssuer,
  issuerCollision,
  issuerType,
  sanTemplate,
  chainsUnlogged,
  chainsUnsigned,
  chainsEndpoints,
  featureFlagsRule,
  forbiddenEnv,
  defaultIdentity,
  chainsToken,
  retention,
];
