import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table/dist/esm/components/Table";
import type { WorkloadItem } from "../../../src/app/http/contract.ts";
import { eventHref } from "../format/links.ts";
import { clipMiddle, visible } from "../format/visible.ts";
import { repositoryName } from "../format/words.ts";
import { DigestText } from "./digest-text.tsx";
import { Instant } from "./instant.tsx";
import { GradeLabel, SigningLabel } from "./labels.tsx";
import { Link } from "./link.tsx";

type WorkloadTableProps = {
  readonly workloads: readonly WorkloadItem[];
  readonly now: string;
  readonly label: string;
};

/** Running containers as rows: where, what, and what is known of its signature. */
export function WorkloadTable({ workloads, now, label }: WorkloadTableProps): React.ReactElement {
  return (
    <Table role="table" aria-label={label} variant="compact">
      <Thead>
        <Tr>
          <Th modifier="nowrap">Workload</Th>
          <Th modifier="nowrap">Image</Th>
          <Th modifier="nowrap">Signature</Th>
          <Th modifier="nowrap">Run</Th>
          <Th modifier="nowrap">Since</Th>
          <Th modifier="nowrap">Log entry</Th>
        </Tr>
      </Thead>
      <Tbody>
        {workloads.map((workload) => (
          <WorkloadRow
            key={`${workload.cluster} ${workload.podUid} ${workload.container}`}
            workload={workload}
            now={now}
          />
        ))}
      </Tbody>
    </Table>
  );
}

function WorkloadRow({ workload, now }: { readonly workload: WorkloadItem; readonly now: string }): React.ReactElement {
  const [event] = workload.events;
  return (
    <Tr>
      <Td dataLabel="Workload">
        <span className="cs-two-lines" title={visible(`${workload.pod}, container ${workload.container}`)}>
          <span>
            {clipMiddle(`${workload.namespace}/${workload.owners.at(-1)?.split("/").at(-1) ?? workload.pod}`, 44)}
          </span>
          <span className="cs-subtle">{clipMiddle(`${workload.cluster} · ${workload.pod}`, 44)}</span>
        </span>
      </Td>
      <Td dataLabel="Image">
        <span className="cs-two-lines">
          <span title={visible(workload.image)}>{clipMiddle(repositoryName(workload.repository), 34)}</span>
          {workload.digest === null ? (
            <span className="cs-subtle">no digest</span>
          ) : (
            <DigestText digest={workload.digest} />
          )}
        </span>
      </Td>
      <Td dataLabel="Signature">
        <SigningLabel signing={workload.signing} />
      </Td>
      <Td dataLabel="Run">
        <GradeLabel grade={workload.grade} />
      </Td>
      <Td dataLabel="Since">
        {workload.startedAt === null ? "not started" : <Instant at={workload.startedAt} now={now} />}
      </Td>
      <Td dataLabel="Log entry">
        {event ? (
          <Link to={eventHref(event)}>{`${clipMiddle(event.log, 22)} #${event.index}`}</Link>
        ) : (
          <span className="cs-subtle">none</span>
        )}
      </Td>
    </Tr>
  );
}
