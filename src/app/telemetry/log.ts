/** What may be logged: a noun and a verb, a closed list, so that dashboards and alerts can name them. */
export const LOG_EVENTS = [
  "server.started",
  "server.stopped",
  "request.answered",
  "worker.started",
  "worker.restarted",
  "worker.stopped",
  "log.stepped",
  "log.unproven",
  "log.contradicted",
  "cluster.watched",
  "cluster.unwatched",
  "audit.read",
  "registry.learned",
  "drill.finished",
  "drill.alarmed",
  "config.warned",
  "admission.decided",
  "admission.broken",
  "admission.forgotten",
  "policy.loaded",
  "policy.refused",
  "deny.refused",
  "root.refused",
  "store.refused",
  "certificate.renewed",
  "certificate.refused",
  "clock.behind",
  "policy.drifted",
  "policy.agreed",
  "webhook.failing-open",
  "webhook.failing-closed",
  "images.reverified",
  "reports.unpublished",
] as const;
export type LogEvent = (typeof LOG_EVENTS)[number];

export type LogLevel = "error" | "warn" | "info" | "debug";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Says one thing, with its ids. `error`: a person must act; `warn`: will heal; `info`: once per unit of work. */
export type Log = (level: LogLevel, event: LogEvent, fields?: LogFields) => void;

/** For callers that have nobody to tell. */
export const silentLog: Log = () => undefined;
