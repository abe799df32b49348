import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import type { EventItem, HealthJson, IncidentItem, Page } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { artifactHref, eventHref } from "../../format/links.ts";
import { shortDigest, visible } from "../../format/visible.ts";
import { Answer } from "../../parts/answer.tsx";
import { CoverageNotice } from "../../parts/coverage-notice.tsx";
import { EventTable } from "../../parts/event-table.tsx";
import { Instant } from "../../parts/instant.tsx";
import { ProbeLabel, SeverityLabel } from "../../parts/labels.tsx";
import { Link } from "../../parts/link.tsx";
import { Nothing } from "../../parts/nothing.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";

/** Is anything wrong? Incidents first, then what was probed, then the newest events. */
export function OverviewPage(): React.ReactElement {
  const incidents = useApi<Page<IncidentItem>>("/api/v1/incidents");
  const health = useApi<HealthJson>("/api/v1/health");
  const events = useApi<Page<EventItem>>("/api/v1/events?since=28d&limit=5");
  return (
    <PageFrame title="Overview" subtitle="Is anything wrong?">
      <div className="cs-stack">
        <Card>
          <CardTitle component="h2">Incidents</CardTitle>
          <CardBody>
            <Answer answered={incidents} lines={4}>
              {(page) => <Incidents page={page} />}
            </Answer>
          </CardBody>
        </Card>
        <Card>
          <CardTitle component="h2">Health</CardTitle>
          <CardBody>
            <Answer answered={health} lines={2}>
              {({ probes }) => <Probes probes={probes} />}
            </Answer>
          </CardBody>
        </Card>
        <Card>
          <CardTitle component="h2">Newest signing events</CardTitle>
          <CardBody>
            <Answer answered={events} lines={5}>
              {({ items, asOf, coverage }) =>
                items.length === 0 ? (
                  <Nothing noun="signing events" coverage={coverage} />
                ) : (
                  <div className="cs-stack">
                    <EventTable events={items} now={asOf} label="Newest signing events" />
                    <Link to="/events?since=28d">All signing events</Link>
                  </div>
                )
              }
            </Answer>
          </CardBody>
        </Card>
      </div>
    </PageFrame>
  );
}

function Incidents({ page }: { readonly page: Page<IncidentItem> }): React.ReactElement {
  const { items, coverage, asOf } = page;
  return (
    <div className="cs-stack">
      <CoverageNotice coverage={coverage} />
      {items.length === 0 ? (
        <Nothing noun="incidents" coverage={coverage} />
      ) : (
        <ul className="cs-plain-list cs-stack" aria-label="Incidents, gravest first">
          {items.map((incident) => (
            <li key={incident.id}>
              <Incident incident={incident} now={asOf} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Incident({ incident, now }: { readonly incident: IncidentItem; readonly now: string }): React.ReactElement {
  return (
    <article className="cs-incident">
      <div className="cs-row">
        <SeverityLabel severity={incident.severity} />
        <h3>{visible(incident.title)}</h3>
        <span className="cs-subtle">
          <Instant at={incident.at} now={now} /> · {visible(incident.id)}
        </span>
      </div>
      <ul className="cs-incident__facts">
        {incident.sentences.map((sentence) => (
          <li key={sentence}>{visible(sentence)}</li>
        ))}
      </ul>
      <div className="cs-row">
        {incident.events.slice(0, 3).map((event) => (
          <Link
            key={`${event.log}/${event.index}`}
            to={eventHref(event)}
          >{`entry ${visible(event.log)} #${event.index}`}</Link>
        ))}
        {incident.digests.slice(0, 3).map((digest) => (
          <Link key={digest} to={artifactHref(digest)} className="cs-code" title={digest}>
            {shortDigest(digest)}
          </Link>
        ))}
      </div>
    </article>
  );
}

function Probes({ probes }: Pick<HealthJson, "probes">): React.ReactElement {
  if (probes.length === 0) return <p className="cs-subtle">Nothing was probed.</p>;
  return (
    <ul className="cs-plain-list cs-tiles" aria-label="Probes">
      {probes.map((probe) => (
        <li key={`${probe.group} ${probe.name}`}>
          <ProbeLabel state={probe.state}>{`${visible(probe.name)}: ${probe.state}`}</ProbeLabel>
          <p>{visible(probe.detail)}</p>
          {probe.fix === null ? null : <p className="cs-subtle">{visible(probe.fix)}</p>}
        </li>
      ))}
    </ul>
  );
}
