const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** `3 h ago`, `in 5 min`, `now`. Both instants RFC 3339; `now` is the server's. */
export function relativeTime(at: string, now: string): string {
  const deltaMs = Date.parse(now) - Date.parse(at);
  if (!Number.isFinite(deltaMs)) return at;
  const [unit, unitMs] = UNITS.find(([, ms]) => Math.abs(deltaMs) >= ms) ?? ["s", 1000];
  const count = Math.floor(Math.abs(deltaMs) / unitMs);
  if (count === 0) return "now";
  return deltaMs > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** `2026-11-22 02:41:09 UTC` */
export function absoluteTime(at: string): string {
  return at.replace("T", " ").replace(/(?:\.\d+)?Z$/, " UTC");
}

/** `Sun 02:41` of an instant, in UTC: weekday and hour are what a person looks for in a signature at night. */
export function weekdayTime(at: string): string {
  const date = new Date(at);
  const day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][date.getUTCDay()] ?? "";
  return `${day} ${at.slice(11, 16)}`;
}
