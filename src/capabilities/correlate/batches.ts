/** Events kept back while a commit runs; beyond it the stream waits. */
const PENDING_MAX = 1000;

/**
 * Commits the items of a stream, one commit at a time, each with all that arrived during the one before: a burst costs few
 * commits, a trickle loses no time. Returns the sum of what the commits return. Ends with the stream, or with its fault
 * after what came before it has been committed.
 */
export async function commitInBatches<T>(
  items: AsyncIterable<T>,
  commit: (batch: readonly T[]) => Promise<number>,
): Promise<number> {
  const pending: T[] = [];
  let running: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let sum = 0;
  const flush = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- one commit at a time
    while (pending.length > 0) sum += await commit(pending.splice(0));
  };
  // Never rejects: nobody may be waiting for it yet. What failed is thrown at the next item, or at the end.
  const run = async (): Promise<void> => {
    failure = await flush().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    running = undefined;
  };
  const finish = async (): Promise<void> => {
    await running;
    if (failure) throw failure.error;
  };
  try {
    for await (const item of items) {
      pending.push(item);
      running ??= run();
      if (failure || pending.length >= PENDING_MAX) await finish();
    }
  } finally {
    await finish();
  }
  return sum;
}
