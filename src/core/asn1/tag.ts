/** Identifier octets of DER (ITU-T X.690 §8.1.2), one byte each: tag numbers of 31 and above do not occur in what is read here. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier of `[number]` around a primitive value. */
export function contextPrimitive(number: number): number {
  return 0x80 | number;
}

/** Identifier of `[number]` around a constructed value: every EXPLICIT tag, and IMPLICIT ones of SEQUENCE and SET. */
export function contextConstructed(number: number): number {
  return 0xa0 | number;
}
