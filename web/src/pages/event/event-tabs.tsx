import { Tab, Tabs, TabTitleText } from "@patternfly/react-core/dist/esm/components/Tabs";
import type { EventDetail } from "../../../../src/app/http/contract.ts";
import { usePlace } from "../../location.ts";
import { CertificateTab } from "./certificate-tab.tsx";
import { PayloadTab } from "./payload-tab.tsx";
import { ProofTab } from "./proof-tab.tsx";
import { RawTab } from "./raw-tab.tsx";

/** Proof, certificate, payload and the raw leaf. What is not looked at is not asked for. */
export function EventTabs({ event }: { readonly event: EventDetail }): React.ReactElement {
  const { query, setQuery } = usePlace();
  const active = query["tab"] ?? "proof";
  return (
    <Tabs
      aria-label="Evidence"
      activeKey={active}
      mountOnEnter
      unmountOnExit
      onSelect={(_, key) => setQuery({ tab: key === "proof" ? "" : String(key) })}
    >
      <Tab eventKey="proof" title={<TabTitleText>Proof</TabTitleText>}>
        <ProofTab event={event} />
      </Tab>
      <Tab eventKey="certificate" title={<TabTitleText>Certificate</TabTitleText>}>
        <CertificateTab event={event} />
      </Tab>
      <Tab eventKey="payload" title={<TabTitleText>Payload</TabTitleText>}>
        <PayloadTab event={event} />
      </Tab>
      <Tab eventKey="raw" title={<TabTitleText>Raw</TabTitleText>}>
        <RawTab event={event} />
      </Tab>
    </Tabs>
  );
}
