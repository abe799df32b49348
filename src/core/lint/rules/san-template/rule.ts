import { fieldsAt, mapAt, placeInText, scalarAt, type SourceNode } from "../../../pipelines/definitions/source-node.ts";
import { fulcioRoots } from "../../controller-config.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const sanTemplate: LintRule = {
  id: "san-template",
  code: "CFG-05",
  severity: "high",
  source: [
    "sigstore/fulcio pkg/identity/ciprovider/principal.go",
    "sigstore/fulcio pkg/config/config.go, ci-issuer-metadata",
  ],
  check: ({ set }) =>
    set.objects
      .flatMap(fulcioRoots)
      .flatMap((root) =>
        [...fieldsAt(root, "ci-issuer-metadata"), ...fieldsAt(root, "CIIssuerMetadata")].flatMap(([, provider]) =>
          checkProvider(provider),
        ),
      ),
};

/** Claims whose value its holder may choose or change. */
const CHOSEN =
  /\.(name|nickname|given_name|family_name|preferred_username|username|email|actor|groups|display_name|profile)\b/;
/** Claims that a token has; a default of the same name stands in for one that is missing. */
const CLAIMS = new Set([
  "sub",
  "iss",
  "aud",
  "jti",
  "ref",
  "sha",
  "repository",
  "repository_owner",
  "workflow_ref",
  "job_workflow_ref",
  "namespace_path",
  "project_path",
]);

function checkProvider(provider: SourceNode): readonly RuleFinding[] {
  const template = scalarAt(provider, "subject-alternative-name-template");
  // Without braces the template is the name of one claim.
  const text = template && !template.text.includes("{{") ? `.${template.text}` : (template?.text ?? "");
  const chosen = CHOSEN.exec(text);
  const defaults = mapAt(provider, "default-template-values");
  return [
    ...(template && chosen
      ? [
          found(template, {
            at: placeInText(template, 0),
            message: `The identity is made of \`${chosen[1]}\`, which its holder chooses or may change.`,
            fix: "Use what the issuer fixes: `{{ .sub }}`, or a path with the issuer's own ids.",
          }),
        ]
      : []),
    ...[...(defaults?.fields ?? [])]
      .filter(([name]) => CLAIMS.has(name) && new RegExp(`\\.${name}\\b`).test(text))
      .map(([name, { node }]) =>
        found(node, {
          message: `A token without \`${name}\` gets this value for it, and passes for one that has it.`,
          fix: "Take the default out: without the claim the request has to fail.",
        }),
      ),
  ];
}
