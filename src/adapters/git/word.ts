/** A word of a command line, for a person to copy into a POSIX shell. */
export function gitWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
