import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import {
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
} from "@patternfly/react-core/dist/esm/components/EmptyState";
import type { Coverage } from "../../../src/app/http/contract.ts";
import { absoluteTime } from "../format/time.ts";
import { gapText } from "./coverage-notice.tsx";

type NothingProps = {
  /** What the list would hold: `signing events`. */
  readonly noun: string;
  readonly coverage: Coverage;
  /** Whether a range of time was asked for; for one artifact it is all that is known. */
  readonly inTime?: boolean;
  /** Takes the filters away; absent when there are none. */
  readonly onClear?: (() => void) | undefined;
};

/** An empty list says which of three it is: not covered, filtered out, or nothing happened. */
export function Nothing({ noun, coverage, inTime = true, onClear }: NothingProps): React.ReactElement {
  if (onClear) {
    return (
      <EmptyState titleText={`No ${noun} match the filters`} headingLevel="h2" variant="sm">
        <EmptyStateBody>{coverage.complete ? coveredText(coverage) : notCovered(coverage)}</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" onClick={onClear}>
              Clear filters
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    );
  }
  const title = coverage.complete
    ? inTime
      ? `No ${noun} in this time`
      : `No ${noun} are known`
    : `No ${noun} were seen, and not everything was looked at`;
  return (
    <EmptyState titleText={title} headingLevel="h2" variant="sm" {...(!coverage.complete && { status: "warning" })}>
      <EmptyStateBody>{coverage.complete ? coveredText(coverage) : notCovered(coverage)}</EmptyStateBody>
    </EmptyState>
  );
}

function coveredText({ coveredTo }: Coverage): string {
  return coveredTo === null ? "" : `Everything was seen up to ${absoluteTime(coveredTo)}.`;
}

function notCovered({ gaps }: Coverage): string {
  return gaps.map(gapText).join(". ");
}
