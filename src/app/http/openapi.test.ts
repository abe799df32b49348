import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { openApiOf } from "./openapi.ts";
import { ROUTES } from "./routes.ts";

const FILE = join(import.meta.dirname, "../../../docs/reference/openapi.json");

test("docs/reference/openapi.json is what the routes say; a change is an interface change", () => {
  const text = `${JSON.stringify(openApiOf(ROUTES), undefined, 2)}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(FILE), { recursive: true });
    writeFileSync(FILE, text);
  }
  expect(existsSync(FILE) ? readFileSync(FILE, "utf8") : "").toBe(text);
});

test("every reference of the document leads somewhere", () => {
  const document = openApiOf(ROUTES) as { components: { schemas: object; responses: object } };
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(refs.length).toBeGreaterThan(20);
  for (const [, kind, name] of refs) {
    expect(Object.keys(kind === "schemas" ? document.components.schemas : document.components.responses)).toContain(
      name,
    );
  }
});
