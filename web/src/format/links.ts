/** Paths of the console. */
export function eventHref(event: { readonly log: string; readonly index: number }): string {
  return `/events/${encodeURIComponent(event.log)}/${event.index}`;
}

export function artifactHref(digest: string): string {
  return `/artifacts/${encodeURIComponent(digest)}`;
}

export function identityEventsHref(san: string, since = "28d"): string {
  return `/events?${new URLSearchParams({ identity: san, since }).toString()}`;
}
