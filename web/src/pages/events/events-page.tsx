import { Button } from "@patternfly/react-core/dist/esm/components/Button";
import type { EventItem, Page } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { type Query, renderPlace, usePlace } from "../../location.ts";
import { Answer } from "../../parts/answer.tsx";
import { CoverageNotice } from "../../parts/coverage-notice.tsx";
import { EventTable } from "../../parts/event-table.tsx";
import { Nothing } from "../../parts/nothing.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { EventFilters, FILTERS, SINCE_DEFAULT } from "./event-filters.tsx";

/** What was signed, by whom, when? All filters are in the URL, in the API's own words. */
export function EventsPage(): React.ReactElement {
  const { query, setQuery } = usePlace();
  const answered = useApi<Page<EventItem>>(renderPlace({ path: "/api/v1/events", query: apiQuery(query) }));
  const filtered = FILTERS.some(({ name }) => query[name] !== undefined);
  const clear = (): void => setQuery(Object.fromEntries([...FILTERS.map(({ name }) => [name, ""]), ["cursor", ""]]));
  return (
    <PageFrame title="Signing events" subtitle="What was signed, by whom and when, as the logs prove it.">
      <div className="cs-stack">
        <EventFilters query={query} setQuery={setQuery} />
        <Answer answered={answered} lines={12}>
          {(page) => (
            <div className="cs-stack">
              <CoverageNotice coverage={page.coverage} />
              {page.items.length === 0 ? (
                <Nothing noun="signing events" coverage={page.coverage} onClear={filtered ? clear : undefined} />
              ) : (
                <EventTable events={page.items} now={page.asOf} label="Signing events" />
              )}
              <Pager query={query} next={page.next} setQuery={setQuery} />
            </div>
          )}
        </Answer>
      </div>
    </PageFrame>
  );
}

const KNOWN: ReadonlySet<string> = new Set([
  "since",
  "until",
  "log",
  "cursor",
  "limit",
  ...FILTERS.map(({ name }) => name),
]);

/** Only what the API knows goes to it: a stray parameter in a copied link is dropped, not refused. */
function apiQuery(query: Query): Query {
  const known = Object.entries(query).filter(([name]) => KNOWN.has(name));
  return { since: SINCE_DEFAULT, ...Object.fromEntries(known) };
}

type PagerProps = { readonly query: Query; readonly next: string | null; readonly setQuery: (change: Query) => void };

function Pager({ query, next, setQuery }: PagerProps): React.ReactElement | null {
  if (next === null && query["cursor"] === undefined) return null;
  return (
    <div className="cs-row">
      <Button variant="secondary" isDisabled={query["cursor"] === undefined} onClick={() => setQuery({ cursor: "" })}>
        Newest
      </Button>
      <Button variant="secondary" isDisabled={next === null} onClick={() => setQuery({ cursor: next ?? "" })}>
        Older
      </Button>
    </div>
  );
}
