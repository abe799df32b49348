/** What JSON can say. Commands convert their values to it by hand: bytes and instants have more than one spelling. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };
