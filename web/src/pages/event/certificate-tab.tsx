import type { EventDetail } from "../../../../src/app/http/contract.ts";
import { absoluteTime } from "../../format/time.ts";
import { visible } from "../../format/visible.ts";
import { Code, Facts } from "../../parts/facts.tsx";

const CHAIN_WORDS = {
  verified: "chains to a CA of the trusted root",
  untrusted: "does not chain to a CA of the trusted root: it may name anybody",
  none: "no certificate: signed with a bare key",
} as const;

/** The certificate that the entry carries, field by field. */
export function CertificateTab({ event }: { readonly event: EventDetail }): React.ReactElement {
  const { certificate, identities, chain } = event;
  if (!certificate) return <p className="cs-tab">{CHAIN_WORDS[chain]}</p>;
  return (
    <div className="cs-tab">
      <Facts
        facts={[
          { term: "Trust", value: CHAIN_WORDS[chain] },
          ...identities.map((identity, i) => ({
            term: i === 0 ? "Identity" : `Identity ${i + 1}`,
            value: <Code>{visible(`${identity.san} (${identity.sanType}) @ ${identity.issuer}`)}</Code>,
          })),
          { term: "Valid", value: `${absoluteTime(certificate.notBefore)} to ${absoluteTime(certificate.notAfter)}` },
          { term: "Serial", value: <Code>{certificate.serial}</Code> },
          { term: "SHA-256", value: <Code>{certificate.sha256}</Code> },
          ...certificate.extensions.map(({ name, oid, value }) => ({
            term: name,
            value: (
              <span title={oid}>
                <Code>{visible(value)}</Code>
              </span>
            ),
          })),
        ]}
      />
    </div>
  );
}
