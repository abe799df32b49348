/** The entry of a record by a name from outside: `constructor` and its like are names as any other. */
export function lookUp<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
