import { finish, enter, leave, more, openDer, readContent } from "../asn1/reader.ts";
import { oidContent } from "../asn1/oid.ts";
import { TAG } from "../asn1/tag.ts";
import { readDefaultFalse, readOid } from "../asn1/values.ts";
import { sameBytes } from "../bytes/bytes.ts";
import type { Certificate } from "./certificate.ts";

/**
 * The value of an extension that a certificate carries and that its reader passes over: DER, unread. `undefined` when
 * the certificate has none. The certificate has been read, so an extension stands in it at most once.
 */
export function extensionOf({ der, layout }: Certificate, dotted: string): Uint8Array | undefined {
  const wanted = oidContent(dotted);
  const r = openDer(der.subarray(layout.extensionList, layout.extensionListEnd));
  let found: Uint8Array | undefined;
  while (more(r)) {
    const outer = enter(r, TAG.sequence);
    const isWanted = sameBytes(readOid(r), wanted);
    readDefaultFalse(r);
    const value = readContent(r, TAG.octetString);
    if (isWanted) found = value;
    leave(r, outer);
  }
  const whole = finish(r, found);
  return whole.ok ? whole.value : undefined;
}
