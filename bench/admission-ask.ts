import type { Pool } from "undici";
import { bug } from "../src/core/bug.ts";
import { reviewOf } from "../test/setup/webhook-world.ts";

/** A webhook that is asked. */
export type Asked = { readonly pool: Pool; readonly path: string };

/** Where our own is asked. */
export const ADMIT_PATH = "/admit?timeout=10s";

/** Posts a review and gives the time of the answer; an answer that is not "allowed" is a bug of the bench. */
export async function ask({ pool, path }: Asked, images: readonly string[]): Promise<number> {
  const body = JSON.stringify(reviewOf(images));
  const startedAt = performance.now();
  const headers = { "content-type": "application/json" };
  const answer = await pool.request({ path, method: "POST", headers, body });
  const text = await answer.body.text();
  if (!text.includes('"allowed":true')) bug(`refused: ${text.slice(0, 600)}`);
  return performance.now() - startedAt;
}

/** The value below which `part` of all lie. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
