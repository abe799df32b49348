/** Asks again until it is not refused. The last refusal is the reason when the time is up. */
export async function waitUntil(
  ask: () => Promise<void>,
  { timeoutMs, everyMs }: { readonly timeoutMs: number; readonly everyMs: number },
): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      return await ask();
    } catch (error) {
      if (performance.now() > endsAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs)); // oxlint-disable-line no-await-in-loop -- as above
  }
}
