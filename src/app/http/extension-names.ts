/** What Fulcio calls the extensions below `1.3.6.1.4.1.57264.1` (fulcio `docs/oid-info.md`). */
const NAMES: Readonly<Record<string, string>> = {
  "1": "Issuer (deprecated)",
  "2": "GitHub Workflow Trigger (deprecated)",
  "3": "GitHub Workflow SHA (deprecated)",
  "4": "GitHub Workflow Name (deprecated)",
  "5": "GitHub Workflow Repository (deprecated)",
  "6": "GitHub Workflow Ref (deprecated)",
  "7": "OtherName SAN",
  "8": "Issuer",
  "9": "Build Signer URI",
  "10": "Build Signer Digest",
  "11": "Runner Environment",
  "12": "Source Repository URI",
  "13": "Source Repository Digest",
  "14": "Source Repository Ref",
  "15": "Source Repository Identifier",
  "16": "Source Repository Owner URI",
  "17": "Source Repository Owner Identifier",
  "18": "Build Config URI",
  "19": "Build Config Digest",
  "20": "Build Trigger",
  "21": "Run Invocation URI",
  "22": "Source Repository Visibility At Signing",
};

export function extensionName(number: string): string {
  return NAMES[number] ?? `Extension ${number}`;
}
