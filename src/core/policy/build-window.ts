import { toCivil, type UnixMs } from "../time.ts";

/** A time of the week in which builds are expected: `{days, from, to, zone}` (trust-policy chapter §1.3). */
export type BuildWindow = {
  readonly days: readonly Weekday[];
  /** Minutes of the day; half-open `[from, to)`. `to` before `from` goes on past midnight, into the next day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly zone: TimeZone;
};

/** From Sunday, as weekdays are numbered. */
export const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `UTC`, or an IANA name that this machine's time-zone data knows. */
export type TimeZone = string;

const DAY_MINUTES = 1440;

/** What a wall clock in a zone shows. */
export type WallClock = (at: UnixMs, zone: TimeZone) => { readonly weekday: Weekday; readonly minute: number };

/** Whether an instant lies in one of the windows. No windows: any time. */
export function isWithinWindows(windows: readonly BuildWindow[], at: UnixMs, clock: WallClock = localTime): boolean {
  return windows.length === 0 || windows.some((window) => isWithin(window, clock(at, window.zone)));
}

function isWithin({ days, fromMinute, toMinute }: BuildWindow, { weekday, minute }: ReturnType<WallClock>): boolean {
  const today = days.includes(weekday);
  if (fromMinute < toMinute) return today && minute >= fromMinute && minute < toMinute;
  const yesterday = days.includes(dayBefore(weekday));
  return (today && minute >= fromMinute) || (yesterday && minute < toMinute);
}

/** The weekday and minute of the day that a wall clock in the zone shows. */
export function localTime(at: UnixMs, zone: TimeZone): { readonly weekday: Weekday; readonly minute: number } {
  if (zone === "UTC") {
    const { weekday, hour, minute } = toCivil(at);
    return { weekday: WEEKDAYS[weekday] ?? "Sun", minute: hour * 60 + minute };
  }
  const parts = new Intl.DateTimeFormat("en-US", { ...CLOCK, timeZone: zone }).formatToParts(at);
  const part = (type: string): string => parts.find((item) => item.type === type)?.value ?? "";
  const weekday = WEEKDAYS.find((day) => day === part("weekday")) ?? "Sun";
  return { weekday, minute: (Number(part("hour")) * 60 + Number(part("minute"))) % DAY_MINUTES };
}

const CLOCK = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** Whether this machine's time-zone data knows a name. */
export function isTimeZone(name: string): boolean {
  if (name === "UTC") return true;
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(name)) return false;
  return Intl.supportedValuesOf("timeZone").includes(name);
}

/** Parses `HH:MM` into minutes of the day; `24:00` is the end of it. */
export function parseClock(text: string): number | undefined {
  const [, hour = "", minute = ""] = /^(\d{2}):(\d{2})$/.exec(text) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  return hour !== "" && Number(minute) < 60 && minutes <= DAY_MINUTES ? minutes : undefined;
}

/** `Mon-Fri 07:00-19:00 UTC`. */
export function renderWindow({ days, fromMinute, toMinute, zone }: BuildWindow): string {
  return `${renderDays(days)} ${renderClock(fromMinute)}-${renderClock(toMinute)} ${zone}`;
}

function renderDays(days: readonly Weekday[]): string {
  const order = [...WEEKDAYS.slice(1), WEEKDAYS[0]];
  const indexes = order.flatMap((day, i) => (days.includes(day) ? [i] : []));
  const [first = 0] = indexes;
  const isRun = indexes.length > 2 && indexes.every((index, i) => index === first + i);
  return isRun ? `${order[first]}-${order[first + indexes.length - 1]}` : indexes.map((i) => order[i]).join(",");
}

function renderClock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

function dayBefore(day: Weekday): Weekday {
  return WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7] ?? "Sun";
}
