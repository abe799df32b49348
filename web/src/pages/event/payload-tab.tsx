import type { EventDetail } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { parsePayload } from "../../format/bundle.ts";
import { visible, visibleLines } from "../../format/visible.ts";
import { Answer } from "../../parts/answer.tsx";
import { Code, Facts } from "../../parts/facts.tsx";

/** What was signed, out of the bundle. The log itself holds only its hash. */
export function PayloadTab({ event }: { readonly event: EventDetail }): React.ReactElement {
  const path = `/api/v1/events/${encodeURIComponent(event.log)}/${event.index}/bundle`;
  const answered = useApi<unknown>(path);
  if (answered.problem?.status === 404) {
    return (
      <p className="cs-tab">No bundle of this entry has been seen: the log holds only the hash of what was signed.</p>
    );
  }
  return (
    <div className="cs-tab">
      <Answer answered={answered} lines={6}>
        {(bundle) => (
          <div className="cs-stack">
            <Payload bundle={bundle} />
            <a href={path} download={`${event.log}-${event.index}.sigstore.json`}>
              Download the bundle
            </a>
          </div>
        )}
      </Answer>
    </div>
  );
}

function Payload({ bundle }: { readonly bundle: unknown }): React.ReactElement {
  const payload = parsePayload(bundle);
  if (!payload) return <pre className="cs-pre">{visibleLines(JSON.stringify(bundle, undefined, 2))}</pre>;
  return (
    <Facts
      facts={[
        { term: "Type", value: visible(payload.type) },
        {
          term: "Content",
          value: payload.text.includes("\n") ? (
            <pre className="cs-pre">{visibleLines(payload.text)}</pre>
          ) : (
            <Code>{visible(payload.text)}</Code>
          ),
        },
      ]}
    />
  );
}
