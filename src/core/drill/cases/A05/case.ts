import { pushed, trial, ADMIT, type DrillCase } from "../../drill-case.ts";
import { uri } from "../../good.ts";

export const a05: DrillCase = pushed("A05", "one good among 40 junk", "drill", [
  trial(
    {
      evidence: [
        { times: 40, leaf: { names: [uri("https://kubernetes.io/namespaces/sandbox/serviceaccounts/default")] } },
        {},
      ],
    },
    ADMIT,
  ),
]);
