import { absoluteTime, relativeTime } from "../format/time.ts";

/** A time as people read it, with the exact one on hover. `now` is the server's. */
export function Instant({ at, now }: { readonly at: string; readonly now: string }): React.ReactElement {
  return (
    <time dateTime={at} title={absoluteTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}
