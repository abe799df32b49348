import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DRILL_CASES } from "./cases.ts";

const folder = new URL("cases/", import.meta.url);
const fixtures =
  process.env["COUNTERSIGN_FIXTURES"] ?? new URL("../../../../shared/fixtures", import.meta.url).pathname;
const catalogue = `${fixtures}/admission/drill-catalogue.json`;

describe("every case", () => {
  test("has a folder of its id, and every folder is in the list", () => {
    const ids = DRILL_CASES.map(({ id }) => id);
    expect(ids.toSorted()).toEqual(readdirSync(folder).toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(DRILL_CASES.map((drillCase) => [drillCase.id, drillCase] as const))(
    "%s is what its page says",
    (id, one) => {
      const page = readFileSync(new URL(`${id}/case.md`, folder), "utf8");
      expect(page.startsWith(`# ${id} · ${one.name}\n`)).toBe(true);
      const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(["Construction", "Correct answer", "Advisory"]);
      expect(page).not.toMatch(/##[^\n]*\n+(?:##|$)/);
      const answer = page.slice(page.indexOf("## Correct answer"), page.indexOf("## Advisory"));
      // The reason that the chapter gives stands on the page, and so does every other that is taken for it.
      const words = one.trials.flatMap(({ expected }) => (expected.kind === "admit" ? ["dmitted"] : expected.codes));
      for (const word of words) expect(answer).toContain(word);
    },
  );

  test("has names for its trials where there is more than one", () => {
    for (const { id, trials } of DRILL_CASES) {
      const names = trials.map(({ name }) => name);
      expect([id, names.length > 1 && names.includes("")]).toEqual([id, false]);
      expect([id, new Set(names).size]).toEqual([id, names.length]);
    }
  });
});

describe.skipIf(!existsSync(catalogue))("the catalogue", () => {
  type Row = { readonly id: string; readonly case: string; readonly channel: string; readonly root: string };
  const { cases } = JSON.parse(readFileSync(catalogue, "utf8")) as { readonly cases: readonly Row[] };

  test("has the same cases, in the same channels, by the same power", () => {
    const ours = DRILL_CASES.map(({ id, name, channel, root }) => ({ id, case: name, channel, root }));
    const theirs = cases.map(({ id, case: name, channel, root }) => ({ id, case: name, channel, root }));
    expect(ours).toEqual(theirs);
  });
});
