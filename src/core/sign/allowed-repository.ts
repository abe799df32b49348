/**
 * Whether a repository is one of those that an identity may sign, or lies below one: `registry.example/team` allows itself
 * and `registry.example/team/app`, not `registry.example/team-b`. All names are `host/path` in normal form.
 */
export function isAllowedRepository(repository: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => repository === one || repository.startsWith(`${one}/`));
}
