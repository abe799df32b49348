/**
 * Parses a distinguished name as Notation writes it (RFC 4514, one value for each attribute): attribute type in capitals
 * to value. `undefined` when it is not one, or names an attribute twice.
 */
export function parseDistinguishedName(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (const part of splitUnescaped(text, ",")) {
    const [type, ...value] = splitUnescaped(part, "=");
    const name = (type ?? "").trim().toUpperCase();
    const plain = value.join("=").trim().replaceAll(/\\(.)/g, "$1");
    if (!/^[A-Z][A-Z0-9.-]*$/.test(name) || plain === "" || attributes.has(name)) return undefined;
    attributes.set(name === "S" ? "ST" : name, plain);
  }
  return attributes;
}

/** Whether one certificate could have both: no attribute of which they name different values. */
export function mayBothHold(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return [...a].every(([name, value]) => (b.get(name) ?? value) === value);
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [""];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? "";
    if (char === separator) parts.push("");
    else {
      const piece = char === "\\" ? text.slice(i, i + 2) : char;
      parts[parts.length - 1] = `${parts.at(-1) ?? ""}${piece}`;
      i += piece.length - 1;
    }
  }
  return parts;
}
