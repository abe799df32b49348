import type { Content } from "./content.ts";
import type { Uploads } from "./uploads.ts";

/** What the handlers share. */
export type RegistryState = {
  readonly content: Content;
  readonly uploads: Uploads;
  readonly blobBytesMax: number;
  readonly referrersApi: boolean;
  readonly referrersPerPage: number;
};
