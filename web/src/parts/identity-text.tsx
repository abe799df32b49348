import type { IdentityJson } from "../../../src/app/http/contract.ts";
import { clipMiddle, visible } from "../format/visible.ts";
import { identityName } from "../format/words.ts";

/** Who signed, in two lines: the name, and who says so. Both come from a certificate and may say anything. */
export function IdentityText({ identity }: { readonly identity: IdentityJson | null }): React.ReactElement {
  if (!identity) return <span className="cs-subtle">a bare key</span>;
  return (
    <span className="cs-two-lines" title={visible(`${identity.san} @ ${identity.issuer}`)}>
      <span>{clipMiddle(identityName(identity), 48)}</span>
      <span className="cs-subtle">{clipMiddle(identity.issuer.replace("https://", ""), 44)}</span>
    </span>
  );
}
