/** Fulcio's certificate extensions below `1.3.6.1.4.1.57264.1` that a policy may fix (fulcio `docs/oid-info.md`), by last arc. */
const NUMBERS: ReadonlyMap<string, string> = new Map([
  ["buildSignerURI", "9"],
  ["buildSignerDigest", "10"],
  ["runnerEnvironment", "11"],
  ["sourceRepositoryURI", "12"],
  ["sourceRepositoryDigest", "13"],
  ["sourceRepositoryRef", "14"],
  ["sourceRepositoryIdentifier", "15"],
  ["sourceRepositoryOwnerURI", "16"],
  ["sourceRepositoryOwnerIdentifier", "17"],
  ["buildConfigURI", "18"],
  ["buildConfigDigest", "19"],
  ["buildTrigger", "20"],
  ["runInvocationURI", "21"],
  ["sourceRepositoryVisibilityAtSigning", "22"],
]);

export const EXTENSION_NAMES: readonly string[] = [...NUMBERS.keys()];

/** The number of an extension by the name a policy gives it. */
export function extensionNumber(name: string): string | undefined {
  return NUMBERS.get(name);
}
