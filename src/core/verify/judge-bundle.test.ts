import { expect, test } from "vitest";
import { IDENTITY, ARTIFACT, messageBundle, statementBundle, trusting } from "../../../test/setup/bundle-world.ts";
import { renderBundle } from "../bundle/render.ts";
import { toUtf8 } from "../bytes/utf8.ts";
import { judgeBundle } from "./judge-bundle.ts";

const TRUST = trusting();
const POLICY = { identity: IDENTITY };
const BYTES = { kind: "bytes", bytes: ARTIFACT } as const;

test("judgeBundle judges what renderBundle wrote", () => {
  for (const bundle of [
    messageBundle("rekor1"),
    messageBundle("rekor2"),
    statementBundle("rekor1"),
    statementBundle("rekor2"),
  ]) {
    expect(judgeBundle(renderBundle(bundle), BYTES, TRUST, POLICY).verdict).toEqual({ kind: "pass" });
  }
});

test("judgeBundle takes what is no bundle as evidence, and fails it", () => {
  const { verdict, facts } = judgeBundle(toUtf8("{"), BYTES, TRUST, POLICY);
  expect(verdict).toMatchObject({ kind: "fail", reasons: [{ reason: "json-syntax" }] });
  expect(facts).toMatchObject({ trustId: TRUST.trustId, times: [], entries: [] });
});

test("judgeBundle reads a payload beyond 4 MiB only where it is asked to", () => {
  const bytes = renderBundle(statementBundle("rekor1", { predicate: { sbom: "x".repeat(4_000_000) } }));
  expect(judgeBundle(bytes, BYTES, TRUST, POLICY).verdict).toMatchObject({ reasons: [{ reason: "too-large" }] });
  expect(judgeBundle(bytes, BYTES, TRUST, { ...POLICY, allowLargePayload: true }).verdict).toEqual({ kind: "pass" });
});
