/** An error of Node's own, which carries a code such as `ENOENT`, and a path where it is about one; `undefined` for any other. */
export function asNodeError(error: unknown): { readonly code: string; readonly path?: string } | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const { code } = error;
  return { code, ...("path" in error && typeof error.path === "string" && { path: error.path }) };
}
