import { enter, leave, more, readContent, refuse, type DerReader } from "../asn1/reader.ts";
import { renderOid } from "../asn1/oid.ts";
import { TAG } from "../asn1/tag.ts";
import { readDefaultFalse, readOid } from "../asn1/values.ts";

/** Reads `Extensions` (RFC 5280 §4.1) of which none is understood, so that none may be critical: that refuses with `code`. */
export function passExtensions<Code extends string>(r: DerReader<Code>, code: NoInfer<Code>): void {
  const outer = enter(r, TAG.sequence);
  while (more(r)) {
    const extension = enter(r, TAG.sequence);
    const id = readOid(r);
    if (readDefaultFalse(r)) refuse(r, code, renderOid(id));
    readContent(r, TAG.octetString);
    leave(r, extension);
  }
  leave(r, outer);
}
