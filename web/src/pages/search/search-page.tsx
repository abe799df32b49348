import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table/dist/esm/components/Table";
import { useEffect } from "react";
import type { Page, SearchHit } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { clipMiddle, visible } from "../../format/visible.ts";
import { moveTo, usePlace } from "../../location.ts";
import { Answer } from "../../parts/answer.tsx";
import { CoverageNotice } from "../../parts/coverage-notice.tsx";
import { Link } from "../../parts/link.tsx";
import { Nothing } from "../../parts/nothing.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";

/** One box for everything. A search with one hit goes there. */
export function SearchPage(): React.ReactElement {
  const words = usePlace().query["q"];
  const answered = useApi<Page<SearchHit>>(
    words === undefined ? undefined : `/api/v1/search?q=${encodeURIComponent(words)}`,
  );
  const [only, ...others] = answered.data?.items ?? [];
  useEffect(() => {
    if (only && others.length === 0) moveTo(only.href, "replace");
  }, [only, others.length]);
  return (
    <PageFrame
      title="Search"
      subtitle={words === undefined ? "Type into the box above." : `For ${clipMiddle(words, 80)}`}
    >
      <Answer answered={answered}>
        {({ items, coverage }) => (
          <div className="cs-stack">
            <CoverageNotice coverage={coverage} />
            {items.length === 0 ? <Nothing noun="matches" coverage={coverage} /> : <Hits hits={items} />}
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function Hits({ hits }: { readonly hits: readonly SearchHit[] }): React.ReactElement {
  return (
    <Table role="table" aria-label="Matches" variant="compact">
      <Thead>
        <Tr>
          <Th modifier="nowrap">Kind</Th>
          <Th modifier="nowrap">Match</Th>
          <Th modifier="nowrap">Detail</Th>
        </Tr>
      </Thead>
      <Tbody>
        {hits.map((hit) => (
          <Tr key={`${hit.kind} ${hit.title}`}>
            <Td dataLabel="Kind">
              <Label isCompact>{hit.kind}</Label>
            </Td>
            <Td dataLabel="Match">
              <Link to={hit.href} title={visible(hit.title)}>
                {clipMiddle(hit.title, 60)}
              </Link>
            </Td>
            <Td dataLabel="Detail">{visible(hit.detail)}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
