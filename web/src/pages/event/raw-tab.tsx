import type { EventDetail } from "../../../../src/app/http/contract.ts";
import { decodeBase64, indent } from "../../format/bundle.ts";
import { absoluteTime } from "../../format/time.ts";
import { visible, visibleLines } from "../../format/visible.ts";
import { Code, Facts } from "../../parts/facts.tsx";

/** The leaf as the log holds it, and the bounds of time that are known. */
export function RawTab({ event }: { readonly event: EventDetail }): React.ReactElement {
  const body = decodeBase64(event.body);
  return (
    <div className="cs-tab cs-stack">
      <Facts
        facts={[
          { term: "Leaf hash", value: <Code>{event.leafHash}</Code> },
          ...(event.globalIndex === null ? [] : [{ term: "Global index", value: String(event.globalIndex) }]),
          { term: "Signed between", value: boundsText(event.signed) },
          { term: "Logged between", value: boundsText(event.logged) },
          ...(event.flags.length === 0 ? [] : [{ term: "Flags", value: event.flags.map(visible).join(", ") }]),
          { term: "Digests", value: <Digests event={event} /> },
        ]}
      />
      <h3>Body</h3>
      <pre className="cs-pre">{body === undefined ? event.body : visibleLines(indent(body))}</pre>
    </div>
  );
}

function boundsText({ from, to }: EventDetail["signed"]): string {
  return `${from === null ? "…" : absoluteTime(from)} and ${to === null ? "…" : absoluteTime(to)}`;
}

function Digests({ event }: { readonly event: EventDetail }): React.ReactElement {
  return (
    <ul className="cs-plain-list">
      {event.digests.map(({ role, digest }) => (
        <li key={`${role} ${digest}`}>
          {visible(role)} <Code>{digest}</Code>
        </li>
      ))}
    </ul>
  );
}
