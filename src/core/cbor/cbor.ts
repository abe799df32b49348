/** A CBOR data item (RFC 8949) of the kinds that are read here. */
export type CborValue =
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "array"; readonly items: readonly CborValue[] }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<CborKey, CborValue> }
  | { readonly kind: "tag"; readonly tag: number; readonly value: CborValue }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

/** Keys of maps; an integer and a text are never the same key. */
export type CborKey = number | string;
