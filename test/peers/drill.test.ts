import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openDrill } from "../../src/app/wiring/drill.ts";
import { DRILL_CASES } from "../../src/core/drill/cases.ts";
import { peer } from "./peer-world.ts";

const PAGE = readFileSync(new URL("../../docs/drill.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");

/** Where a peer's answers are not as the table says, the page on the drill says so, and how many there are. */
describe.each([
  ["cosign", "v3.1.3", "COUNTERSIGN_COSIGN"],
  ["notation", "v1.3.2", "COUNTERSIGN_NOTATION"],
])("the drill put to %s %s", (target, version, variable) => {
  const program = peer(`${target}-${version}`) ?? "";

  test.skipIf(program === "")("has the outcome that the page on the drill has", { timeout: 300_000 }, async () => {
    const drill = await openDrill({ target, env: { [variable]: program } });
    const { counts, cases } = await drill
      .run(DRILL_CASES, new AbortController().signal)
      .finally(() => void drill.close());
    const { ok, wrong, "not-run": notRun } = counts;
    const at = PAGE.indexOf(`## Where ${target} differs`);
    const section = PAGE.slice(at, PAGE.indexOf("## Where", at + 1) < 0 ? undefined : PAGE.indexOf("## Where", at + 1));
    expect(section).toContain(`${target} ${version}`);
    expect(section).toContain(`${ok} as the table says, ${wrong} wrong, ${notRun} not run`);
    const listed = [...section.matchAll(/\| ([A-J]\d\d)\b[^|]*\| (?:admits|refuses) \|/g)].map(([, id]) => id);
    expect(listed).toEqual(cases.filter(({ outcome }) => outcome === "wrong").map(({ id }) => id));
  });
});
