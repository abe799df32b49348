import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core/dist/esm/components/ToggleGroup";
import type { EventDetail } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { identityEventsHref } from "../../format/links.ts";
import { absoluteTime } from "../../format/time.ts";
import { visible } from "../../format/visible.ts";
import { GRADE_WORDS, identityName } from "../../format/words.ts";
import { usePlace } from "../../location.ts";
import { Answer } from "../../parts/answer.tsx";
import { CoverageNotice } from "../../parts/coverage-notice.tsx";
import { IncidentNotice } from "../../parts/incident-notice.tsx";
import { ExpectedLabel, GradeLabel } from "../../parts/labels.tsx";
import { Link } from "../../parts/link.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { toChain } from "../../pictures/chain.ts";
import { ChainPicture } from "../../pictures/chain-picture.tsx";
import type { PageProps } from "../../page-props.ts";
import { ChainTable } from "./chain-table.tsx";
import { EventTabs } from "./event-tabs.tsx";

/** Can I prove this event, and where did it go? */
export function EventPage({ params }: PageProps): React.ReactElement {
  const [log, index] = [params["log"] ?? "", params["index"] ?? ""];
  const answered = useApi<EventDetail>(`/api/v1/events/${encodeURIComponent(log)}/${encodeURIComponent(index)}`);
  const event = answered.data;
  const aside = event ? (
    <>
      <GradeLabel grade={event.grade} />
      <ExpectedLabel expected={event.expected} />
    </>
  ) : null;
  return (
    <PageFrame
      title={`${visible(log)} #${visible(index)}`}
      parent={{ title: "Signing events", to: "/events" }}
      subtitle={
        event
          ? `Signed ${absoluteTime(event.eventTime)} by ${visible(identityName(event.identity))}`
          : "One signing event"
      }
      aside={aside}
    >
      <Answer answered={answered}>{(detail) => <Event event={detail} />}</Answer>
    </PageFrame>
  );
}

function Event({ event }: { readonly event: EventDetail }): React.ReactElement {
  return (
    <div className="cs-stack">
      {event.incidents.map((incident) => (
        <IncidentNotice key={incident.id} incident={incident} />
      ))}
      <CoverageNotice coverage={event.coverage} />
      <ChainCard event={event} />
      <Card>
        <CardTitle component="h2">Evidence</CardTitle>
        <CardBody>
          <EventTabs event={event} />
        </CardBody>
      </Card>
    </div>
  );
}

function ChainCard({ event }: { readonly event: EventDetail }): React.ReactElement {
  const { query, setQuery } = usePlace();
  const asTable = query["as"] === "table";
  const chain = toChain(event);
  return (
    <Card>
      <CardTitle component="h2">From the pipeline to where it runs</CardTitle>
      <CardBody>
        <div className="cs-stack">
          <div className="cs-row cs-spread">
            <ToggleGroup aria-label="Show the chain as">
              <ToggleGroupItem
                text="Picture"
                buttonId="chain-picture"
                isSelected={!asTable}
                onChange={() => setQuery({ as: "" })}
              />
              <ToggleGroupItem
                text="Table"
                buttonId="chain-table"
                isSelected={asTable}
                onChange={() => setQuery({ as: "table" })}
              />
            </ToggleGroup>
            {event.identity ? <Link to={identityEventsHref(event.identity.san)}>Same identity, 28 days</Link> : null}
          </div>
          {asTable ? (
            <ChainTable chain={chain} />
          ) : (
            // Scrolls on narrow screens, so it can be reached with the keyboard.
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must take the focus
            <div className="cs-scroll" tabIndex={0} role="group" aria-label="Chain">
              <ChainPicture chain={chain} />
            </div>
          )}
          <p className="cs-subtle">{gradeText(event)}</p>
        </div>
      </CardBody>
    </Card>
  );
}

function gradeText({ grade, correlation }: EventDetail): string {
  const name = grade === "none" ? "No grade" : `Grade ${grade}`;
  return [`${name}, ${GRADE_WORDS[grade]}`, ...correlation.reasons.map(visible)].join("; ");
}
