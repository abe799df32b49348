/** An entry that is taken: its canonical body, and the keys under which the search index finds it. */
export type Proposed = { readonly body: Uint8Array; readonly indexKeys: readonly string[] };
