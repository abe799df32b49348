import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import type { Coverage, CoverageGap } from "../../../src/app/http/contract.ts";
import { absoluteTime } from "../format/time.ts";
import { visible } from "../format/visible.ts";

/** What a list could not see. Nothing is shown when it saw everything. */
export function CoverageNotice({ coverage }: { readonly coverage: Coverage }): React.ReactElement | null {
  if (coverage.complete) return null;
  return (
    <Alert isInline variant="warning" title="Not everything could be seen" component="p" className="cs-notice">
      <ul className="cs-plain-list">
        {coverage.gaps.map((gap) => (
          <li key={gapText(gap)}>{gapText(gap)}</li>
        ))}
      </ul>
    </Alert>
  );
}

export function gapText({ source, name, from, to, reason }: CoverageGap): string {
  const range = [from ? `from ${absoluteTime(from)}` : "", to ? `to ${absoluteTime(to)}` : ""]
    .filter(Boolean)
    .join(" ");
  const what = source === "store" ? "" : `${source} ${name}: `;
  return visible(`${what}${reason}${range ? ` (${range})` : ""}`);
}
