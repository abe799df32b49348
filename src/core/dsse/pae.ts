import { concatBytes } from "../bytes/bytes.ts";
import { toUtf8 } from "../bytes/utf8.ts";

/** What a DSSE signature is over (DSSE v1.0.2 protocol, PAE): lengths in decimal bytes, so that no two pairs of type and payload meet. */
export function toPae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = toUtf8(payloadType);
  return concatBytes([toUtf8(`DSSEv1 ${type.length} `), type, toUtf8(` ${payload.length} `), payload]);
}
