import { expect, test } from "vitest";
import { recordingIo, type Heard } from "../../../test/setup/io.ts";
import { DETECTORS } from "../../core/detect/detectors.ts";
import { LINT_RULES } from "../../core/lint/rules.ts";
import { COMMANDS } from "./commands.ts";
import { runCli } from "./run.ts";

async function explain(...argv: readonly string[]): Promise<Heard> {
  const { io, heard } = recordingIo();
  await runCli(["explain", ...argv], io, COMMANDS);
  return heard;
}

test.each(LINT_RULES.map(({ code, id }) => [code, id]))(
  "tells the page of %s by its code and its name",
  async (code, id) => {
    const [byCode, byName] = [await explain(code.toLowerCase()), await explain(id)];
    expect(byCode).toEqual(byName);
    expect(byCode).toMatchObject({ err: "", exit: 0 });
    expect(byCode.out.startsWith(`${code}\n\n# ${id}\n`)).toBe(true);
  },
);

test.each(DETECTORS.map(({ id, name }) => [id, name]))(
  "tells the page of detector %s by its id and its name",
  async (id, name) => {
    const [byId, byName] = [await explain(id.toLowerCase()), await explain(name)];
    // Two names are a lint rule's too, which is what people lint by.
    const isShared = LINT_RULES.some((rule) => rule.id === name);
    expect(byId.out.startsWith(`${id}\n\n# ${name}\n`)).toBe(true);
    expect(byName.out === byId.out).toBe(!isShared);
  },
);

test("tells a rule as JSON, what it asks for first", async () => {
  const { out } = await explain("PIN-01", "-o", "json");
  expect(JSON.parse(out)).toMatchObject({
    id: "PIN-01",
    kind: "lint-rule",
    message: "Every step and sidecar runs an image named by digest.",
    exit: 1,
  });
});

test("proposes the rule that was meant", async () => {
  const { err, exit } = await explain("image-pined");
  expect(err).toContain('did you mean "image-pinned"?');
  expect(exit).toBe(2);
});

test.each([
  ["child-not-signed", "the image itself is not", 1],
  ["registry-unreachable", "did not answer", 3],
  ["set-signature", "transparency log", 1],
])("tells what a denial calls %s", async (code, means, exit) => {
  const { out } = await explain(code, "-o", "json");
  expect(JSON.parse(out)).toMatchObject({
    id: code,
    kind: "reason",
    exit,
    message: expect.stringContaining(means) as string,
  });
});
