import { Alert } from "@patternfly/react-core/dist/esm/components/Alert";
import type { IncidentRef } from "../../../src/app/http/contract.ts";
import { visible } from "../format/visible.ts";

/** An incident that what is shown is a part of: its title, and what was found. */
export function IncidentNotice({ incident }: { readonly incident: IncidentRef }): React.ReactElement {
  const { severity, title, sentences, id } = incident;
  const variant = severity === "critical" || severity === "high" ? "danger" : "warning";
  return (
    <Alert isInline variant={variant} title={`Incident, ${severity}: ${visible(title)}`} component="p">
      <ul className="cs-plain-list cs-break">
        {sentences.map((sentence) => (
          <li key={sentence}>{visible(sentence)}</li>
        ))}
      </ul>
      <p className="cs-subtle">{visible(id)}</p>
    </Alert>
  );
}
