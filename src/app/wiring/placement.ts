/**
 * Whether a pattern of `placements[].match.repositories` covers a repository. Segments are compared whole; `*` stands for
 * one segment, `**` for one or more at the end.
 */
export function coversRepository(pattern: string, repository: string): boolean {
  const expected = pattern.split("/");
  const actual = repository.split("/");
  const isOpen = expected.at(-1) === "**";
  const fixed = isOpen ? expected.slice(0, -1) : expected;
  const fits = isOpen ? actual.length > fixed.length : actual.length === fixed.length;
  return fits && fixed.every((segment, i) => segment === "*" || segment === actual[i]);
}
