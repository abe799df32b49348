/** What a sigstore bundle signs: the payload of an envelope as indented JSON, or the digest of a message. */
export type Payload = { readonly type: string; readonly text: string };

/** Reads the payload of a bundle's JSON; `undefined` when it has none that is known. */
export function parsePayload(bundle: unknown): Payload | undefined {
  const envelope = field(bundle, "dsseEnvelope");
  const [type, payload] = [field(envelope, "payloadType"), field(envelope, "payload")];
  if (typeof type === "string" && typeof payload === "string") {
    const text = decodeBase64(payload);
    return text === undefined ? undefined : { type, text: indent(text) };
  }
  const digest = field(field(bundle, "messageSignature"), "messageDigest");
  const [algorithm, value] = [field(digest, "algorithm"), field(digest, "digest")];
  if (typeof algorithm !== "string" || typeof value !== "string") return undefined;
  return { type: "message", text: `${algorithm} ${value}` };
}

/** Base64 of UTF-8 as text; `undefined` when it is not that. */
export function decodeBase64(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON indented; other text as it is. */
export function indent(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}
