/**
 * What a log of the virtual world does wrong, for the tests of those who read it. A test sets members while the
 * server runs; all of them absent is a good log.
 */
export type LogFaults = {
  /**
   * Changes what a reader is given of a path (without a version's prefix; with the query, where there is one).
   * `undefined` withholds it: 404.
   */
  mangle?: ((path: string, bytes: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>) | undefined;
  /** Answers an upload with a promise, and integrates nothing. */
  pretend?: boolean;
};
