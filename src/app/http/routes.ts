import { EVENT_ROUTES } from "./routes/events.ts";
import { IDENTITY_ROUTES } from "./routes/identities.ts";
import { LOOK_ROUTES } from "./routes/look.ts";
import { SEARCH_ROUTES } from "./routes/search.ts";
import type { Route } from "./route.ts";

/** Every path of the API that works, and no other. */
export const ROUTES: readonly Route[] = [...EVENT_ROUTES, ...IDENTITY_ROUTES, ...LOOK_ROUTES, ...SEARCH_ROUTES];
