/** An error of Node's own, which carries a code such as `ENOENT`; `undefined` for any other. */
export function asNodeError(error: unknown): { readonly code: string } | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? { code: error.code } : undefined;
}
