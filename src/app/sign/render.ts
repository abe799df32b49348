import type { MadeSignature, SigningOutcome } from "../../capabilities/sign/job.ts";
import { renderIdentity } from "../../core/identity/identity.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { Paint } from "../output/paint.ts";
import { visible } from "../output/visible.ts";

/** What a person reads after a signing run: each thing signed, then as whom. */
export function renderSigning(outcome: SigningOutcome, paint: Paint): string {
  const { verdict, signatures, identity, certificate, credentialId } = outcome;
  if (verdict.kind !== "pass") {
    const findings = verdict.kind === "fail" ? verdict.reasons : [];
    const lines = findings.map(({ reason, detail }) => `  ${reason}: ${visible(detail)}\n`);
    return `${paint.symbol("finding")} nothing was published\n${lines.join("")}`;
  }
  const by = identity ? `  by      ${visible(renderIdentity(identity))}\n` : "";
  const until = certificate ? `  cert    valid until ${renderRfc3339(certificate.notAfter)}\n` : "";
  const credential = credentialId === undefined ? "" : `  token   ${visible(credentialId)}\n`;
  return `${signatures.map((signature) => renderSignature(signature, paint)).join("")}${by}${until}${credential}`;
}

function renderSignature({ subject, predicateType, facts, reused }: MadeSignature, paint: Paint): string {
  const what = subject ? `${subject.repository}@${subject.digest}` : (predicateType ?? "the file");
  const said = subject && predicateType !== undefined ? ` ${predicateType}` : "";
  const entries = facts.entries.map(({ log, logIndex }) => `  entry   ${logIndex} of ${visible(log)}\n`);
  const verb = reused ? "was signed before" : "signed";
  return `${paint.symbol("ok")} ${verb} ${visible(what)}${visible(said)}\n${entries.join("")}`;
}
