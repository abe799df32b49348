import { sign, type KeyObject } from "node:crypto";
import { element, integer, sequence } from "../../../core/asn1/writer.ts";
import { TAG } from "../../../core/asn1/tag.ts";
import { bug, unreachable } from "../../../core/bug.ts";
import { concatBytes } from "../../../core/bytes/bytes.ts";
import { parseHex, toHex } from "../../../core/bytes/hex.ts";
import { parseUtf8, toUtf8 } from "../../../core/bytes/utf8.ts";
import { hashBytes, type DigestRef } from "../../../core/digest.ts";
import type { EvidencePlan, SaysPlan } from "../../../core/drill/plan.ts";
import { toPae } from "../../../core/dsse/pae.ts";
import {
  COSIGN_SIGN_PREDICATE_TYPE,
  renderStatement,
  STATEMENT_PAYLOAD_TYPE,
  type Subject,
} from "../../../core/dsse/statement.ts";
import { renderSimpleSigning } from "../../../core/sign/legacy.ts";

/** An image that something is said of. `bytes` of its manifest. */
export type SignedImage = { readonly repository: string; readonly digest: DigestRef; readonly bytes: Uint8Array };

/** What is signed: the bytes that the signature is over, and what the bundle or the layer holds of them. */
export type Content =
  | { readonly kind: "message"; readonly payload: Uint8Array; readonly signed: Uint8Array }
  | {
      readonly kind: "dsse";
      readonly payload: Uint8Array;
      readonly payloadType: string;
      readonly signed: Uint8Array;
      /** What the bundle shows instead of the payload that was signed. */
      readonly shown?: Uint8Array;
    };

/** A statement about the image, or a payload of the older layout. */
export function makeContent({ form, says = {} }: EvidencePlan, image: SignedImage): Content {
  if (form === "legacy" && says.predicateType === undefined) {
    const payload = renderSimpleSigning(says.repository ?? image.repository, image.digest);
    return { kind: "message", payload, signed: payload };
  }
  const payload = payloadOf(says, image);
  const payloadType = says.payloadType ?? STATEMENT_PAYLOAD_TYPE;
  const shown = says.payload === "changed" ? changed(payload) : undefined;
  return { kind: "dsse", payload, payloadType, signed: toPae(payloadType, payload), ...(shown && { shown }) };
}

function payloadOf(says: SaysPlan, image: SignedImage): Uint8Array {
  if (says.payload === "not-json") return toUtf8("this is signed, and it says nothing");
  const statement = renderStatement({
    subjects: subjectsOf(says, image),
    predicateType: says.predicateType ?? COSIGN_SIGN_PREDICATE_TYPE,
    predicate: says.predicate ?? {},
  });
  if (says.payload !== "subject-twice") return statement;
  const other = JSON.stringify([{ name: "other", digest: { sha256: OTHER_HEX } }]);
  return toUtf8((parseUtf8(statement) ?? "").replace("{", `{"subject":${other},`));
}

const OTHER_HEX = "0".repeat(64);
const MANY = 2000;

function subjectsOf({ about }: SaysPlan, image: SignedImage): readonly Subject[] {
  const hex = image.digest.slice("sha256:".length);
  const subject = { name: image.repository, digests: { sha256: hex } };
  switch (about) {
    case undefined:
      return [subject];
    case "other":
      return [{ name: image.repository, digests: { sha256: OTHER_HEX } }];
    case "other-algorithm":
      return [{ digests: { sha256: OTHER_HEX, sha512: toHex(hashBytes("sha512", image.bytes)) } }];
    case "last-of-many": {
      const others = Array.from({ length: MANY - 1 }, (_, i) => String(i).padStart(64, "0"));
      return [...others.map((sha256) => ({ digests: { sha256 } })), subject];
    }
    default:
      return unreachable(about);
  }
}

/** The name of the subject another, which nobody compares: still a statement about the image. */
function changed(payload: Uint8Array): Uint8Array {
  return toUtf8((parseUtf8(payload) ?? "").replace('"name":"', '"name":"z'));
}

/** The order of P-256 (SEC 2, §2.4.2). */
const ORDER = parseHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") ?? bug("an order");

/** Signs, or makes what only looks like it. */
export function makeSignature(plan: EvidencePlan["signature"], privateKey: KeyObject, signed: Uint8Array): Uint8Array {
  const good = new Uint8Array(sign("sha256", signed, privateKey));
  const [r, s] = integersOf(good);
  switch (plan) {
    case undefined:
      return good;
    case "zero":
      return sequence([integer(0), integer(0)]);
    case "r-is-order":
      return sequence([integer(ORDER), integer(s)]);
    case "s-is-order":
      return sequence([integer(r), integer(ORDER)]);
    case "long-integer":
      return sequence([element(TAG.integer, concatBytes([Uint8Array.of(0, 0), r])), integer(s)]);
    default:
      return unreachable(plan);
  }
}

/** The two contents of an ECDSA signature in DER, which is short enough for lengths of one octet. */
function integersOf(signature: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const length = signature[3] ?? 0;
  return [signature.subarray(4, 4 + length), signature.subarray(6 + length)];
}
