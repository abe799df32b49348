import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import type { Expectation, GradeJson, IncidentItem, ProbeJson, WorkloadItem } from "../../../src/app/http/contract.ts";
import { visible } from "../format/visible.ts";
import { EXPECTED_WORDS, GRADE_WORDS, SIGNING_WORDS } from "../format/words.ts";

/* A state is a word and a symbol; colour repeats it. */

export function GradeLabel({ grade }: { readonly grade: GradeJson }): React.ReactElement {
  const colour = grade === "none" || grade === "D" ? "grey" : grade.startsWith("A") ? "teal" : "blue";
  return (
    <Label isCompact color={colour} title={GRADE_WORDS[grade]}>
      {grade === "none" ? "not joined" : `grade ${grade}`}
    </Label>
  );
}

export function ExpectedLabel({ expected }: { readonly expected: Expectation }): React.ReactElement {
  const { state, reason } = expected;
  if (state === "unknown") {
    return (
      <Label isCompact color="grey" title={visible(reason)}>
        {EXPECTED_WORDS[state]}
      </Label>
    );
  }
  return (
    <Label isCompact status={state === "yes" ? "success" : "danger"} title={visible(reason)}>
      {EXPECTED_WORDS[state]}
    </Label>
  );
}

export function SigningLabel({ signing }: { readonly signing: WorkloadItem["signing"] }): React.ReactElement {
  const status = signing === "signed" ? "success" : signing === "unresolvable" ? "warning" : "danger";
  return (
    <Label isCompact status={status}>
      {SIGNING_WORDS[signing]}
    </Label>
  );
}

export function SeverityLabel({ severity }: { readonly severity: IncidentItem["severity"] }): React.ReactElement {
  const status = severity === "critical" || severity === "high" ? "danger" : severity === "medium" ? "warning" : "info";
  return <Label status={status}>{severity}</Label>;
}

/** That an event is a part of an incident; what it is stands on the event's page. */
export function IncidentLabel({ severity, title }: Pick<IncidentItem, "severity" | "title">): React.ReactElement {
  const status = severity === "critical" || severity === "high" ? "danger" : "warning";
  return (
    <Label isCompact status={status} variant="outline" title={visible(title)}>
      incident
    </Label>
  );
}

const PROBE_STATUS: Readonly<Record<ProbeJson["state"], "success" | "danger" | "warning" | "info">> = {
  ok: "success",
  finding: "danger",
  undecided: "info",
  warn: "warning",
};

export function ProbeLabel({
  state,
  children,
}: {
  readonly state: ProbeJson["state"];
  readonly children: React.ReactNode;
}): React.ReactElement {
  return <Label status={PROBE_STATUS[state]}>{children}</Label>;
}
