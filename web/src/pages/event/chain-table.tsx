import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table/dist/esm/components/Table";
import { Link } from "../../parts/link.tsx";
import { type Chain, type ChainCard, chainRows } from "../../pictures/chain.ts";

/** The chain as a table: the same data as the picture, with links. */
export function ChainTable({ chain }: { readonly chain: Chain }): React.ReactElement {
  const cards = new Map(chain.columns.flatMap((column) => column.cards).map((card) => [card.id, card]));
  return (
    <Table role="table" aria-label="Chain" variant="compact">
      <Thead>
        <Tr>
          <Th modifier="nowrap">From</Th>
          <Th modifier="nowrap">To</Th>
          <Th modifier="nowrap">Joined by</Th>
          <Th modifier="nowrap">Grade</Th>
        </Tr>
      </Thead>
      <Tbody>
        {chainRows(chain).map((row) => (
          <Tr key={`${row.from} ${row.to}`}>
            <Td dataLabel="From">
              <CardText card={cards.get(row.from)} />
            </Td>
            <Td dataLabel="To">
              <CardText card={cards.get(row.to)} />
            </Td>
            <Td dataLabel="Joined by">{row.full}</Td>
            <Td dataLabel="Grade">{row.grade}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function CardText({ card }: { readonly card: ChainCard | undefined }): React.ReactElement {
  const text = <span className="cs-break">{card?.full ?? ""}</span>;
  return card?.href === undefined ? text : <Link to={card.href}>{text}</Link>;
}
