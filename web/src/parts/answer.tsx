import { Skeleton } from "@patternfly/react-core/dist/esm/components/Skeleton";
import { useEffect, useState } from "react";
import type { Answered } from "../api/client.ts";
import { ProblemNotice } from "./problem-notice.tsx";

type AnswerProps<T> = {
  readonly answered: Answered<T>;
  readonly children: (data: T) => React.ReactNode;
  /** Lines of the skeleton: about the height of what will be there. */
  readonly lines?: number;
};

/** The states of a question: loading, failed (with the last answer greyed below), answered. */
export function Answer<T>({ answered, children, lines = 8 }: AnswerProps<T>): React.ReactElement {
  const { data, problem, loading, retry } = answered;
  return (
    <>
      {problem ? <ProblemNotice problem={problem} retry={retry} /> : null}
      {data === undefined && loading ? <Waiting lines={lines} /> : null}
      {data === undefined ? null : <div className={problem ? "cs-stale" : undefined}>{children(data)}</div>}
    </>
  );
}

/** Quick answers should not flash. */
const PATIENCE_MS = 150;

function Waiting({ lines }: { readonly lines: number }): React.ReactElement | null {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className="cs-skeleton" aria-busy="true">
      {Array.from({ length: lines }, (_, i) => (
        // oxlint-disable-next-line react/no-array-index-key -- the lines are all the same
        <Skeleton key={i} height="1.5rem" screenreaderText={i === 0 ? "Loading" : ""} />
      ))}
    </div>
  );
}
