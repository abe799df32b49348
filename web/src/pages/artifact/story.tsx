import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import type { StoryJson } from "../../../../src/app/http/contract.ts";
import { absoluteTime } from "../../format/time.ts";
import { visible } from "../../format/visible.ts";
import { SeverityLabel } from "../../parts/labels.tsx";

const STATUS = { pass: "success", fail: "danger", unknown: "warning" } as const;
const WORDS = { pass: "as expected", fail: "not as expected", unknown: "not decided" } as const;

/** What `countersign investigate` tells, for a page. */
export function Story({ story }: { readonly story: StoryJson }): React.ReactElement {
  return (
    <div className="cs-stack">
      <div className="cs-row">
        <Label status={STATUS[story.verdict]}>{WORDS[story.verdict]}</Label>
        <strong>{visible(story.headline)}</strong>
      </div>
      <ol className="cs-story">
        {story.facts.map((fact) => (
          <li key={fact.number}>
            <span className="cs-subtle">{visible(fact.label)}</span> {visible(fact.text)}{" "}
            <span className="cs-subtle">
              {fact.at === null || fact.text.includes(absoluteTime(fact.at)) ? "" : `${absoluteTime(fact.at)} · `}
              {visible(fact.proof)}
            </span>
            {fact.problems.length === 0 ? null : (
              <ul>
                {fact.problems.map((problem) => (
                  <li key={problem}>✗ {visible(problem)}</li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
      {story.reasons.length === 0 ? null : <Reasons reasons={story.reasons} />}
      {story.notCovered.length === 0 ? null : (
        <p className="cs-subtle">{`Not covered: ${story.notCovered.map(visible).join("; ")}`}</p>
      )}
      {story.next === null ? null : (
        <p>
          Next: <code className="cs-code">{visible(story.next)}</code>
        </p>
      )}
    </div>
  );
}

function Reasons({ reasons }: Pick<StoryJson, "reasons">): React.ReactElement {
  return (
    <ul className="cs-plain-list cs-stack" aria-label="What is wrong, heaviest first">
      {reasons.map(({ severity, text }) => (
        <li key={text} className="cs-reason">
          <SeverityLabel severity={severity} />
          <span className="cs-break">{visible(text)}</span>
        </li>
      ))}
    </ul>
  );
}
