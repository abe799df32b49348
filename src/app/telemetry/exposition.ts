/** One metric with all its samples. Labels come from code and configuration only, never from identities or images. */
export type MetricFamily = {
  /** Without the prefix. A counter's name has no `_total`. */
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
};
export type Sample = {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram alone: which of its series this is. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
};

const PREFIX = "countersign_";
/** A full scrape stays below this: beyond it, labels have got out of hand (product chapter §4.5). */
export const SERIES_MAX = 3_000;

/** The OpenMetrics 1.0 text of families, ending in `# EOF`. */
export function renderExposition(families: readonly MetricFamily[]): string {
  const series = families
    .flatMap((family) => family.samples.map((sample) => ({ family, sample })))
    .slice(0, SERIES_MAX);
  const lines = families.flatMap((family) => {
    const name = PREFIX + family.name;
    const suffix = family.type === "counter" ? "_total" : "";
    const kept = series.filter((one) => one.family === family);
    return [
      `# TYPE ${name} ${family.type}`,
      `# HELP ${name} ${escapeText(family.help)}`,
      ...kept.map(
        ({ sample }) =>
          `${name}${sample.suffix ?? suffix}${renderLabels(sample.labels ?? {})} ${renderValue(sample.value)}`,
      ),
    ];
  });
  return `${[...lines, "# EOF"].join("\n")}\n`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function renderValue(value: number): string {
  return Number.isFinite(value) ? String(value) : "NaN";
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
