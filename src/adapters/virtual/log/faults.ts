import { toUtf8 } from "../../../core/bytes/utf8.ts";
import type { Exchange, Reply } from "../serve.ts";

/**
 * What a log of the virtual world does wrong, for the tests of those who read it. A test sets members while the
 * server runs; all of them absent is a good log.
 */
export type LogFaults = {
  /**
   * Changes what a reader is given: of a tiled log a file, by its path within the log; of the others the body of an
   * answer, by the path and query of the request. `undefined` withholds it: 404.
   */
  mangle?: ((path: string, bytes: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>) | undefined;
  /** Answers an upload with a promise, and integrates nothing. */
  pretend?: boolean;
};

/** The answer as the log's faults let it through; what was no success anyway stays as it is. */
export async function mangled(faults: LogFaults, { path, query }: Exchange, honest: Reply): Promise<Reply> {
  if (!faults.mangle || honest.status !== 200) return honest;
  const { body: given = "" } = honest;
  const target = query.size === 0 ? path : `${path}?${query.toString()}`;
  const body = await faults.mangle(target, typeof given === "string" ? toUtf8(given) : given);
  return body ? { ...honest, body } : { status: 404 };
}
