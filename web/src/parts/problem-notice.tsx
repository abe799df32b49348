import { Alert, AlertActionLink } from "@patternfly/react-core/dist/esm/components/Alert";
import type { ProblemJson } from "../../../src/app/http/contract.ts";
import { visible } from "../format/visible.ts";

/** A problem in the server's words, with the fix and the id to report. */
export function ProblemNotice({
  problem,
  retry,
}: {
  readonly problem: ProblemJson;
  readonly retry: () => void;
}): React.ReactElement {
  return (
    <Alert
      isInline
      variant={problem.status === 401 ? "info" : "danger"}
      title={problem.title}
      component="p"
      className="cs-notice"
      actionLinks={<AlertActionLink onClick={retry}>Try again</AlertActionLink>}
    >
      <p>{visible(problem.detail)}</p>
      <p>{problem.status === 401 ? "Open the sign-in link that countersign printed when it started." : problem.fix}</p>
      {problem.instance === "" ? null : <p className="cs-subtle">Request {problem.instance}</p>}
    </Alert>
  );
}
