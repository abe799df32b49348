import { Label } from "@patternfly/react-core/dist/esm/components/Label";
import type { EventDetail, ProofJson } from "../../../../src/app/http/contract.ts";
import { useApi } from "../../api/client.ts";
import { visible, visibleLines } from "../../format/visible.ts";
import { Answer } from "../../parts/answer.tsx";
import { Code, Facts } from "../../parts/facts.tsx";

const STATUS = { pass: "success", fail: "danger", unknown: "warning" } as const;
const WORDS = { pass: "proven", fail: "refuted", unknown: "not decided" } as const;

/** That the entry is in the log: the path from its leaf to a root that the log signed. */
export function ProofTab({ event }: { readonly event: EventDetail }): React.ReactElement {
  const answered = useApi<ProofJson>(`/api/v1/events/${encodeURIComponent(event.log)}/${event.index}/proof`);
  return (
    <div className="cs-tab">
      <Answer answered={answered} lines={6}>
        {(proof) => <Proof proof={proof} />}
      </Answer>
    </div>
  );
}

function Proof({ proof }: { readonly proof: ProofJson }): React.ReactElement {
  return (
    <div className="cs-stack">
      <div className="cs-row">
        <Label status={STATUS[proof.verdict]}>{WORDS[proof.verdict]}</Label>
        <span>{visible(proof.detail)}</span>
      </div>
      <Facts
        facts={[
          { term: "Leaf", value: <Code>{proof.leafHash}</Code> },
          { term: "Tree", value: `entry ${proof.index} of ${proof.treeSize}` },
          { term: "Root", value: <Code>{proof.rootHash}</Code> },
          { term: "Path, leaf upwards", value: <Path path={proof.path} /> },
          { term: "Checkpoint", value: <pre className="cs-pre">{visibleLines(proof.checkpoint)}</pre> },
        ]}
      />
    </div>
  );
}

function Path({ path }: { readonly path: readonly string[] }): React.ReactElement {
  if (path.length === 0) return <span className="cs-subtle">empty: the only entry</span>;
  return <pre className="cs-pre">{path.join("\n")}</pre>;
}
