import { Label, LabelGroup } from "@patternfly/react-core/dist/esm/components/Label";
import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import type { Page, WorkloadItem } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { clipMiddle } from "../../format/visible.ts";
import { type Query, renderPlace, usePlace } from "../../location.ts";
import { Answer } from "../../parts/answer.tsx";
import { CoverageNotice } from "../../parts/coverage-notice.tsx";
import { Nothing } from "../../parts/nothing.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { WorkloadTable } from "../../parts/workload-table.tsx";

const CHOICES = [
  ["", "All"],
  ["signed", "Signed"],
  ["unexpected-identity", "Unexpected identity"],
  ["unsigned", "Unsigned"],
  ["unresolvable", "Not resolvable"],
] as const;
const FILTERS = ["cluster", "namespace", "grade"] as const;

/** What runs, and is it proven? */
export function WorkloadsPage(): React.ReactElement {
  const { query, setQuery } = usePlace();
  const known = Object.entries(query).filter(
    ([name]) => name === "signing" || FILTERS.some((filter) => filter === name),
  );
  const answered = useApi<Page<WorkloadItem>>(
    renderPlace({ path: "/api/v1/workloads", query: Object.fromEntries(known) }),
  );
  const clear = (): void => setQuery({ signing: "", cluster: "", namespace: "", grade: "" });
  return (
    <PageFrame title="Workloads" subtitle="Running containers, and what is known of the signature of their image.">
      <div className="cs-stack">
        <div className="cs-row">
          <ToggleGroup aria-label="Signature">
            {CHOICES.map(([value, word]) => (
              <ToggleGroupItem
                key={word}
                text={word}
                buttonId={`signing-${value || "all"}`}
                isSelected={(query["signing"] ?? "") === value}
                onChange={() => setQuery({ signing: value })}
              />
            ))}
          </ToggleGroup>
          <FilterLabels query={query} setQuery={setQuery} />
        </div>
        <Answer answered={answered} lines={12}>
          {({ items, coverage, asOf }) => (
            <div className="cs-stack">
              <CoverageNotice coverage={coverage} />
              {items.length === 0 ? (
                <Nothing noun="workloads" coverage={coverage} onClear={known.length > 0 ? clear : undefined} />
              ) : (
                <WorkloadTable workloads={items} now={asOf} label="Workloads" />
              )}
            </div>
          )}
        </Answer>
      </div>
    </PageFrame>
  );
}

type LabelsProps = { readonly query: Query; readonly setQuery: (change: Query) => void };

function FilterLabels({ query, setQuery }: LabelsProps): React.ReactElement | null {
  const active = FILTERS.filter((name) => query[name] !== undefined);
  if (active.length === 0) return null;
  return (
    <LabelGroup categoryName="Filters">
      {active.map((name) => (
        <Label
          key={name}
          variant="outline"
          onClose={() => setQuery({ [name]: "" })}
          closeBtnAriaLabel={`Remove the filter ${name}`}
        >
          {`${name}: ${clipMiddle(query[name] ?? "", 40)}`}
        </Label>
      ))}
    </LabelGroup>
  );
}
