import { addMs, parseRfc3339, type UnixMs } from "../../core/time.ts";

const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
const DURATION_UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `30s`, `15m`, `24h`, `7d` into milliseconds; `undefined` for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const [, count, unit = ""] = DURATION.exec(text) ?? [];
  const unitMs = DURATION_UNITS_MS[unit];
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs;
}

const SIZE = /^(\d{1,9})(KiB|MiB|GiB)?$/;
const SIZE_UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Parses `16MiB` or plain bytes; `undefined` for anything else. */
export function parseSizeBytes(text: string): number | undefined {
  const [, count, unit = ""] = SIZE.exec(text) ?? [];
  const unitBytes = SIZE_UNITS[unit];
  return count === undefined || unitBytes === undefined ? undefined : Number(count) * unitBytes;
}

/** An instant as a person gives it: RFC 3339, or a duration before `now`. */
export function parseInstant(text: string, now: UnixMs): UnixMs | undefined {
  const agoMs = parseDurationMs(text);
  return agoMs === undefined ? parseRfc3339(text) : addMs(now, -agoMs);
}

const LISTEN = /^(\[[0-9a-fA-F:]+\]|[^:[\]\s]+):(\d{1,5})$/;

/** Parses `host:port`, IPv6 in brackets. */
export function parseListen(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = LISTEN.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === "::1" || host === "localhost";
}
