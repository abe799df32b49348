import { provenIdentity } from "../../../correlate/preconditions.ts";
import { refsOfAct } from "../../acts.ts";
import { detectorOf, type Detector, type DetectWorld, type Observation } from "../../detector.ts";

/** Two watched clusters issue tokens under one name, and one of them signed (pipelines chapter §11, 9). */
export const identityIssuerCollision: Detector = detectorOf(
  { id: "P03", name: "identity-issuer-collision", playbook: "PB-IDENT-2" },
  observe,
);

function observe({ acts, estate }: DetectWorld): readonly Observation[] {
  const byIssuer = new Map<string, readonly string[]>();
  for (const { cluster, issuers } of estate.clusters) {
    for (const issuer of new Set(issuers)) byIssuer.set(issuer, [...(byIssuer.get(issuer) ?? []), cluster]);
  }
  return acts.flatMap((act): readonly Observation[] => {
    const issuer = provenIdentity(act.event)?.issuer ?? "";
    const clusters = byIssuer.get(issuer) ?? [];
    if (clusters.length < 2) return [];
    return [
      {
        ...refsOfAct(act),
        subject: issuer,
        severity: "high",
        at: act.event.eventTime,
        title: `${clusters.join(" and ")} sign under one issuer`,
        sentence: `${clusters.join(" and ")} both issue tokens as ${issuer}: an account of one is an account of the other, and no certificate tells which`,
      },
    ];
  });
}
