import { Card, CardBody, CardTitle } from "@patternfly/react-core/dist/esm/components/Card";
import type { ArtifactDetail, StoryJson } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { shortDigest, visible } from "../../format/visible.ts";
import { repositoryName } from "../../format/words.ts";
import { Answer } from "../../parts/answer.tsx";
import { CoverageNotice } from "../../parts/coverage-notice.tsx";
import { EventTable } from "../../parts/event-table.tsx";
import { Nothing } from "../../parts/nothing.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { WorkloadTable } from "../../parts/workload-table.tsx";
import { Story } from "./story.tsx";
import type { PageProps } from "../../page-props.ts";

/** A digest: who signed it, and where it runs. */
export function ArtifactPage({ params }: PageProps): React.ReactElement {
  const digest = params["digest"] ?? "";
  const answered = useApi<ArtifactDetail>(`/api/v1/artifacts/${encodeURIComponent(digest)}`);
  const story = useApi<StoryJson>(`/api/v1/artifacts/${encodeURIComponent(digest)}/story`);
  const now = new Date(answered.at ?? 0).toISOString();
  return (
    <PageFrame
      title={titleOf(digest, answered.data)}
      subtitle={<span className="cs-code cs-break">{visible(digest)}</span>}
    >
      <Answer answered={answered}>
        {({ repositories, events, workloads, coverage }) => (
          <div className="cs-stack">
            <CoverageNotice coverage={coverage} />
            {repositories.length > 1 ? <p>In {repositories.map(visible).join(", ")}</p> : null}
            <Card>
              <CardTitle component="h2">Story</CardTitle>
              <CardBody>
                <Answer answered={story} lines={4}>
                  {(told) => <Story story={told} />}
                </Answer>
              </CardBody>
            </Card>
            <Card>
              <CardTitle component="h2">Signing events</CardTitle>
              <CardBody>
                {events.length === 0 ? (
                  <Nothing noun="signing events" coverage={coverage} inTime={false} />
                ) : (
                  <EventTable events={events} now={now} label="Signing events of this digest" />
                )}
              </CardBody>
            </Card>
            <Card>
              <CardTitle component="h2">Where it runs</CardTitle>
              <CardBody>
                {workloads.length === 0 ? (
                  <Nothing noun="workloads" coverage={coverage} inTime={false} />
                ) : (
                  <WorkloadTable workloads={workloads} now={now} label="Workloads that run this digest" />
                )}
              </CardBody>
            </Card>
          </div>
        )}
      </Answer>
    </PageFrame>
  );
}

function titleOf(digest: string, artifact: ArtifactDetail | undefined): string {
  const [repository] = artifact?.repositories ?? [];
  return repository === undefined ? shortDigest(digest) : `${repositoryName(repository)}@${shortDigest(digest)}`;
}
