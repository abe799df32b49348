import { chainsSettings, type Settings } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const chainsEndpoints: LintRule = {
  id: "chains-endpoints",
  code: "CFG-08",
  severity: "high",
  source: [
    "tektoncd/chains docs/config.md, transparency.url, signers.x509.fulcio.address, signers.x509.tuf.mirror.url",
  ],
  check: ({ set, knowledge }) =>
    chainsSettings(set).flatMap((settings) =>
      ENDPOINTS.flatMap(([key, used]) =>
        checkEndpoint(settings, key, { used, isPublic: knowledge.placement === "public" }),
      ),
    ),
};

/** The setting of an address, and the switch under which it is used. */
const ENDPOINTS: readonly (readonly [string, string])[] = [
  ["transparency.url", "transparency.enabled"],
  ["signers.x509.fulcio.address", "signers.x509.fulcio.enabled"],
  ["signers.x509.tuf.mirror.url", "signers.x509.fulcio.enabled"],
];

type How = { readonly used: string; readonly isPublic: boolean };

function checkEndpoint({ get, map }: Settings, key: string, { used, isPublic }: How): readonly RuleFinding[] {
  const address = get(key);
  const isUsed = ["true", "manual"].includes(get(used)?.text ?? "");
  if (address?.text.startsWith("http:")) {
    return [
      found(address, { message: `${key} is reached without TLS: anybody on the way can answer.`, fix: "Use https." }),
    ];
  }
  const isDefault =
    address === undefined ||
    /(?:^|\.)sigstore\.dev(?:[/:]|$)|tuf-repo-cdn\.sigstore\.dev/.test(address.text.replace(/^https:\/\//, ""));
  if (!isUsed || isPublic || !isDefault) return [];
  return [
    found(address ?? map, {
      message: `${key} is ${address ? "" : "by default "}that of the public instance: names of internal images and accounts become public for ever.`,
      fix: `Set \`${key}\` to your own.`,
    }),
  ];
}
