import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table/dist/esm/components/Table";
import type { EventItem } from "../../../src/app/http/contract.ts";
import { eventHref } from "../format/links.ts";
import { weekdayTime } from "../format/time.ts";
import { clipMiddle, visible } from "../format/visible.ts";
import { repositoryName } from "../format/words.ts";
import { DigestText } from "./digest-text.tsx";
import { IdentityText } from "./identity-text.tsx";
import { Instant } from "./instant.tsx";
import { ExpectedLabel, GradeLabel, IncidentLabel } from "./labels.tsx";
import { Link } from "./link.tsx";

type EventTableProps = {
  readonly events: readonly EventItem[];
  readonly now: string;
  readonly label: string;
};

/** Signing events as rows: who, what, by which run, and whether it was allowed. */
export function EventTable({ events, now, label }: EventTableProps): React.ReactElement {
  return (
    <Table role="table" aria-label={label} variant="compact">
      <Thead>
        <Tr>
          <Th modifier="nowrap">Signed</Th>
          <Th modifier="nowrap">Identity</Th>
          <Th modifier="nowrap">Artifact</Th>
          <Th modifier="nowrap">Run</Th>
          <Th modifier="nowrap">Policy</Th>
          <Th modifier="nowrap">Log entry</Th>
        </Tr>
      </Thead>
      <Tbody>
        {events.map((event) => (
          <EventRow key={`${event.log}/${event.index}`} event={event} now={now} />
        ))}
      </Tbody>
    </Table>
  );
}

function EventRow({ event, now }: { readonly event: EventItem; readonly now: string }): React.ReactElement {
  return (
    <Tr>
      <Td dataLabel="Signed">
        <span className="cs-two-lines">
          <Instant at={event.eventTime} now={now} />
          <span className="cs-subtle">{weekdayTime(event.eventTime)}</span>
        </span>
      </Td>
      <Td dataLabel="Identity">
        <IdentityText identity={event.identity} />
      </Td>
      <Td dataLabel="Artifact">
        <ArtifactCell event={event} />
      </Td>
      <Td dataLabel="Run">
        <span className="cs-two-lines">
          {event.run ? <span title={visible(event.run.name)}>{clipMiddle(event.run.name, 26)}</span> : null}
          <span>
            <GradeLabel grade={event.grade} />
          </span>
        </span>
      </Td>
      <Td dataLabel="Policy">
        <span className="cs-labels">
          <ExpectedLabel expected={event.expected} />
          {event.incidents.map(({ id, severity, title }) => (
            <IncidentLabel key={id} severity={severity} title={title} />
          ))}
        </span>
      </Td>
      <Td dataLabel="Log entry">
        <Link to={eventHref(event)} title={`${visible(event.log)} ${event.index}`}>
          {`${clipMiddle(event.log, 22)} #${event.index}`}
        </Link>
      </Td>
    </Tr>
  );
}

function ArtifactCell({ event }: { readonly event: EventItem }): React.ReactElement {
  const [first, ...more] = event.artifacts;
  if (first) {
    return (
      <span className="cs-two-lines">
        <span title={visible(first.repository)}>
          {clipMiddle(repositoryName(first.repository), 34)}
          {more.length > 0 ? ` + ${more.length}` : ""}
        </span>
        <DigestText digest={first.digest} />
      </span>
    );
  }
  const digest = event.digests.find(({ role }) => role === "subject" || role === "data" || role === "payload");
  if (!digest) return <span className="cs-subtle">not known</span>;
  return (
    <span className="cs-two-lines">
      <span className="cs-subtle">{digest.role === "subject" ? "artifact" : "signed content"}</span>
      <DigestText digest={digest.digest} />
    </span>
  );
}
