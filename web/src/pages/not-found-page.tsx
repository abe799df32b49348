import { EmptyState, EmptyStateBody } from "@patternfly/react-core/dist/esm/components/EmptyState";
import { Link } from "../parts/link.tsx";
import { PageFrame } from "../parts/page-frame.tsx";

export function NotFoundPage(): React.ReactElement {
  return (
    <PageFrame title="No such page">
      <EmptyState titleText="Nothing is at this address" headingLevel="h2" variant="sm">
        <EmptyStateBody>
          <Link to="/">Overview</Link> · <Link to="/events">Signing events</Link>
        </EmptyStateBody>
      </EmptyState>
    </PageFrame>
  );
}
