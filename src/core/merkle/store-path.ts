const PATH = /^[a-z0-9-][a-z0-9.-]*(?:\/[a-z0-9-][a-z0-9.-]*)*$/;

/** Says whether a text can name a file of a log: segments of `[a-z0-9.-]` that do not begin with a dot. */
export function isStorePath(path: string): boolean {
  return PATH.test(path);
}
