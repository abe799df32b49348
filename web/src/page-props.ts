import type { Query } from "./location.ts";

/** What every page is given: the parameters of its path. */
export type PageProps = { readonly params: Query };
