import { expect, test } from "vitest";
import { AT, DIGEST, stopped } from "../../../test/setup/admit-world.ts";
import { rulesOf, TARGET, TRUST } from "../../../test/setup/notation-world.ts";
import type { NamedAuthority } from "../../core/admission/named-trust.ts";
import { PUBLISHER } from "../../core/drill/good.ts";
import type { JudgedNotation } from "../../core/notation/judge-notation.ts";
import { addMs } from "../../core/time.ts";
import { fail, pass } from "../../core/verdict.ts";
import { findNotationEvidence, type NotationEvidencePorts, type NotationSearch } from "./find-notation-evidence.ts";

const never = new AbortController().signal;
const authorityOf = (name: string, level = "strict"): NamedAuthority => {
  return { name, authority: PUBLISHER, stores: { rules: rulesOf({ name, level }), anchors: TRUST } };
};
const PASS: JudgedNotation = { verdict: pass, checks: [], facts: {}, revocable: [] };
const ENVELOPE = { kind: "envelope", manifest: DIGEST, mediaType: "application/jose+json", bytes: new Uint8Array(1) };

type Found = NotationEvidencePorts["find"] extends (...of: never) => AsyncIterable<infer T> ? T : never;

const find = (
  found: readonly object[],
  judge: NotationEvidencePorts["judge"] = async () => PASS,
  authorities: NotationSearch["authorities"] = [authorityOf("partner")],
  clock = stopped,
) =>
  findNotationEvidence(
    {
      find: async function* () {
        yield* found as readonly Found[];
      },
      judge,
      clock,
    },
    { registry: NOBODY, repository: "r.example/a", artifact: TARGET, authorities },
    never,
  );

const NOBODY: NotationSearch["registry"] = {
  manifest: async () => undefined,
  blob: async () => undefined,
  referrers: async () => [],
};

test("judges an envelope for every authority whose stores are there, and says until when", async () => {
  const until = addMs(AT, 5000);
  const judge: NotationEvidencePorts["judge"] = async (_, { rules }) =>
    rules.name === "a" ? { ...PASS, until } : { ...PASS, verdict: fail("notation-identity", "somebody else") };
  const storeless: NamedAuthority = { name: "c", authority: PUBLISHER };
  const { candidates } = await find([ENVELOPE], judge, [authorityOf("a"), authorityOf("b"), storeless]);
  expect(candidates).toMatchObject([
    {
      source: "notation",
      says: { kind: "signature" },
      byAuthority: { a: { verdict: { kind: "pass" }, validUntil: until }, b: { verdict: { kind: "fail" } } },
    },
  ]);
  expect(Object.keys(candidates[0]?.byAuthority ?? {})).toEqual(["a", "b"]);
});

test("takes no pass of rules that do not ask who signed for one", async () => {
  const { candidates } = await find([ENVELOPE], undefined, [authorityOf("partner", "audit")]);
  expect(candidates[0]?.byAuthority["partner"]?.verdict).toMatchObject({
    kind: "unknown",
    gaps: [{ missing: "not-covered" }],
  });
});

test("tells what cannot be read from what is not there", async () => {
  const { candidates, gaps } = await find([
    { kind: "unreadable", manifest: DIGEST, code: "subject-mismatch", detail: "another image" },
    { kind: "gap", missing: "blob", detail: "gone" },
    { kind: "gap", missing: "too-many-candidates", detail: "950 more" },
  ]);
  expect(candidates).toMatchObject([{ says: { kind: "unreadable", code: "subject-mismatch" } }]);
  expect(gaps.map(({ code }) => code)).toEqual(["manifest-invalid", "too-many-candidates"]);
});

test("waits for revocation so long, from the first question on, and for all signatures together", async () => {
  let started = 0;
  let end: (() => void) | undefined;
  const clock = {
    ...stopped,
    sleep: async (): Promise<void> => {
      started += 1;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  };
  const late: boolean[] = [];
  const judge: NotationEvidencePorts["judge"] = async (_, __, { patience }) => {
    const signal = patience();
    if (late.length === 0) {
      end?.();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    }
    late.push(signal.aborted);
    return PASS;
  };
  await find([ENVELOPE, ENVELOPE], judge, undefined, clock);
  expect([started, late]).toEqual([1, [true, true]]);
});

test("has no timer left when nothing was asked, or all is judged", async () => {
  let open = 0;
  const clock = {
    ...stopped,
    sleep: (_: number, signal: AbortSignal): Promise<void> =>
      new Promise((__, reject) => {
        open += 1;
        signal.addEventListener("abort", () => {
          open -= 1;
          reject(new Error("done"));
        });
      }),
  };
  await find([ENVELOPE], undefined, undefined, clock);
  await find(
    [ENVELOPE],
    async (_, __, { patience }) => {
      patience();
      return PASS;
    },
    undefined,
    clock,
  );
  expect(open).toBe(0);
});
