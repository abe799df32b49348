/**
 * Checks a value against the structural schema of a CustomResourceDefinition, as an API server with strict field validation
 * does (Kubernetes "Specifying a structural schema"): types, required and unknown members, enums, lengths, patterns. CEL
 * rules are not evaluated.
 */
export function schemaProblems(value: unknown, schema: Schema, path = ""): readonly string[] {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true || Object.keys(schema).length === 0) return [];
  if (schema["x-kubernetes-int-or-string"] === true) return isIntOrString(value) ? [] : [`${path}: no number or text`];
  const alternatives = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  const isOpen = alternatives.length === 0 || alternatives.some((one) => hasRequired(value, one));
  return [...(isOpen ? [] : [`${path}: none of the alternatives`]), ...shapeProblems(value, schema, path)];
}

// oxlint-disable-next-line typescript/no-explicit-any -- a schema of others, read as it is
export type Schema = any;

function isIntOrString(value: unknown): boolean {
  return typeof value === "string" || Number.isInteger(value);
}

function hasRequired(value: unknown, { required = [] }: Schema): boolean {
  return required.every((name: string) => isObject(value) && name in value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shapeProblems(value: unknown, schema: Schema, path: string): readonly string[] {
  if (schema.type === "object") return isObject(value) ? objectProblems(value, schema, path) : [`${path}: no object`];
  if (schema.type === "array") return Array.isArray(value) ? arrayProblems(value, schema, path) : [`${path}: no list`];
  return scalarProblems(value, schema, path);
}

function scalarProblems(value: unknown, schema: Schema, path: string): readonly string[] {
  switch (schema.type) {
    case "string":
      return typeof value === "string" ? textProblems(value, schema, path) : [`${path}: no text`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${path}: no boolean`];
    case "integer":
    case "number": {
      const isFit = typeof value === "number" && !(value < schema.minimum || value > schema.maximum);
      return isFit ? [] : [`${path}: no such number`];
    }
    default:
      return schema.type === undefined ? [] : [`${path}: a type that is not known`];
  }
}

function objectProblems(value: Record<string, unknown>, schema: Schema, path: string): readonly string[] {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const missing = required
    .filter((name: string) => !(name in value))
    .map((name: string) => `${path}.${name} is missing`);
  const members = Object.entries(value).flatMap(([name, inner]) => {
    // Every object has these; their shape is not the definition's.
    if (path === "" && ["apiVersion", "kind", "metadata"].includes(name)) return [];
    if (name in properties) return schemaProblems(inner, properties[name], `${path}.${name}`);
    return additionalProperties
      ? schemaProblems(inner, additionalProperties, `${path}.${name}`)
      : [`${path}.${name} is unknown`];
  });
  return [...missing, ...members];
}

function arrayProblems(
  value: readonly unknown[],
  { items = {}, minItems = 0, maxItems = Infinity }: Schema,
  path: string,
) {
  const count = value.length < minItems || value.length > maxItems ? [`${path}: ${value.length} items`] : [];
  return [...count, ...value.flatMap((item, i) => schemaProblems(item, items, `${path}[${i}]`))];
}

function textProblems(value: string, schema: Schema, path: string): readonly string[] {
  const { maxLength = Infinity, minLength = 0, pattern, enum: choices } = schema;
  return [
    ...(value.length > maxLength || value.length < minLength ? [`${path}: ${value.length} characters`] : []),
    ...(pattern !== undefined && !new RegExp(pattern).test(value) ? [`${path}: not ${pattern}`] : []),
    ...(choices !== undefined && !choices.includes(value) ? [`${path}: ${value} is no choice`] : []),
  ];
}
