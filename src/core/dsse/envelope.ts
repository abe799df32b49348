import { toBase64 } from "../bytes/base64.ts";

/** A DSSE envelope with one signature and no key id, which is all that is ever written. */
export type Envelope = {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signature: Uint8Array;
};

/** Renders an envelope as JSON (DSSE v1.0.2 `envelope.md`). A log keeps the hash of this very text, so it is written once and handed on. */
export function renderEnvelope({ payload, payloadType, signature }: Envelope): string {
  return JSON.stringify({
    payload: toBase64(payload),
    payloadType,
    signatures: [{ keyid: "", sig: toBase64(signature) }],
  });
}
