/** What a reader makes of bytes or text when there is more than one way to be wrong, or a person has to correct it. */
export type Parsed<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      /** Stable, kebab-case. */
      readonly code: Code;
      /** What is wrong and where, for people. */
      readonly detail: string;
    };

export function parsed<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function malformed<Code extends string>(
  code: Code,
  detail: string,
): { readonly ok: false; readonly code: Code; readonly detail: string } {
  return { ok: false, code, detail };
}
