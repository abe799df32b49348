import type { JsonObject } from "../../../json/json.ts";
import { API_VERSION } from "../../../names.ts";
import { addMs, renderRfc3339, type UnixMs } from "../../../time.ts";
import { refuse, trial, written, type DrillCase } from "../../drill-case.ts";
import type { TextPlace } from "../../plan.ts";
import { NAMESPACE } from "../../review.ts";

const DAY_MS = 86_400_000;
const DANA = { issuer: "https://idp.drill.example", subject: "dana" };
const LEE = { issuer: "https://idp.drill.example", subject: "lee" };

type Change = { readonly from?: UnixMs; readonly approver?: typeof LEE };

/** Lets the image run unsigned for a week: from now on, unless given. */
function exception(name: string, { digest, now }: TextPlace, { from = now, approver = LEE }: Change = {}): JsonObject {
  const scope = { digests: [digest], namespaces: [NAMESPACE], clusters: ["drill"], reasonCodes: ["no-signature"] };
  const spec = {
    scope,
    reason: "An artifact of the drill, which no pipeline has built.",
    ticket: "https://tickets.drill.example/1",
    requester: DANA,
    approver,
    notBefore: renderRfc3339(from),
    ends: renderRfc3339(addMs(from, 7 * DAY_MS)),
  };
  return { apiVersion: API_VERSION, kind: "TrustException", metadata: { name }, spec };
}

export const i07: DrillCase = written("I07", "two exceptions overlap; expired exception; self-approved", "production", [
  trial(
    { evidence: [], text: (about) => [exception("first", about), exception("second", about)] },
    refuse("TP607"),
    "overlap",
  ),
  trial(
    { evidence: [], text: (about) => [exception("over", about, { from: addMs(about.now, -10 * DAY_MS) })] },
    refuse("no-signature"),
    "expired",
  ),
  trial(
    { evidence: [], text: (about) => [exception("alone", about, { approver: DANA })] },
    refuse("TP601"),
    "self-approved",
  ),
]);
