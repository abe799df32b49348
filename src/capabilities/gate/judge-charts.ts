import { parseUtf8 } from "../../core/bytes/utf8.ts";
import type { GateFinding } from "../../core/gate/finding.ts";
import { notRendered } from "./not-rendered.ts";
import { looksLikePolicy } from "../../core/gate/tree/policy-words.ts";
import type { GatheredChange } from "./gather-change.ts";
import type { GateSide } from "./gather-side.ts";

const REASON = "a chart with policies among its templates, and the change touches it or values; it is not rendered";

const CHART = /^(?:(.*)\/)?Chart\.ya?ml$/;
/** Values of a chart often lie beside it, or where it is deployed. */
const VALUES = /(?:^|\/)[^/]*values[^/]*\.ya?ml$/i;

/**
 * Charts with policies among their templates, where the change touches the chart or values: what they render to may be
 * other than before, even if the template with the policy is the same.
 */
export function judgeCharts({ base, head, touched = [], isRendered }: GatheredChange): readonly GateFinding[] {
  if (isRendered) return [];
  const charts = new Map([...chartsWithPolicies(base), ...chartsWithPolicies(head)]);
  return [...charts].flatMap(([folder, file]) => {
    const isTouched = touched.some((path) => folder === "" || path.startsWith(`${folder}/`) || VALUES.test(path));
    return isTouched ? [notRendered(REASON, head.contents.has(file) ? "head" : "base", file)] : [];
  });
}

/** Folders of charts, each with its file. */
function chartsWithPolicies({ contents }: GateSide): readonly (readonly [string, string])[] {
  const charts = [...contents.keys()].flatMap((path) => {
    const found = CHART.exec(path);
    return found ? [[found[1] ?? "", path] as const] : [];
  });
  return charts.filter(([folder]) => {
    const templates = folder === "" ? "templates/" : `${folder}/templates/`;
    return [...contents].some(([path, bytes]) => path.startsWith(templates) && looksLikePolicy(parseUtf8(bytes) ?? ""));
  });
}
