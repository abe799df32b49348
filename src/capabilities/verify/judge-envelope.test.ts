import { describe, expect, test } from "vitest";
import { CODE_SIGNING, extendedKeyUsage, keyUsage } from "../../../test/setup/make-certificate.ts";
import { makeJws, type NotationRequest } from "../../../test/setup/make-notation.ts";
import { crlPoints, makeCrl } from "../../../test/setup/make-revocation.ts";
import { codeOf, contextOf, GOOD, makeSigner, root, rootKey } from "../../../test/setup/notation-world.ts";
import { renderRfc3339 } from "../../core/time.ts";
import type { RevocationSource } from "../../ports/revocation-source.ts";
import { judgeEnvelope } from "./judge-envelope.ts";

const never = new AbortController().signal;
const leaf = makeSigner({
  serial: 78,
  extensions: [keyUsage(1), extendedKeyUsage([CODE_SIGNING]), crlPoints([["http://crl.example/slow.crl"]])],
});
const envelope = { mediaType: "application/jose+json", bytes: makeJws({ ...GOOD, chain: [leaf, root] }) };

describe("whoever has little time", () => {
  /** Answers nobody, ever. */
  const silent: RevocationSource = {
    ask: (_, signal) =>
      new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    keep: () => undefined,
  };

  test.each<[string, (late: AbortController) => void]>([
    ["runs out while somebody is asked", (late) => queueMicrotask(() => late.abort())],
    ["has run out", (late) => late.abort()],
  ])("knows nothing of revocation when patience %s", async (_, begin) => {
    const late = new AbortController();
    const patience = (): AbortSignal => {
      begin(late);
      return late.signal;
    };
    const { verdict } = await judgeEnvelope(silent)(envelope, contextOf(), { signal: never, patience });
    expect(codeOf(verdict)).toBe("notation-revocation-unknown");
  });

  test("gives up when all of it is given up", async () => {
    const gone = new AbortController();
    const patience = (): AbortSignal => {
      queueMicrotask(() => gone.abort(new Error("gone")));
      return never;
    };
    const judging = judgeEnvelope(silent)(envelope, contextOf(), { signal: gone.signal, patience });
    await expect(judging).rejects.toThrow("gone");
  });
});

const until = async (answers: Uint8Array, change: Partial<NotationRequest> = {}) => {
  const source: RevocationSource = {
    ask: async (question) => ({ question, bytes: answers }),
    keep: () => undefined,
  };
  const bytes = makeJws({ ...GOOD, chain: [leaf, root], ...change });
  const judged = await judgeEnvelope(source)({ ...envelope, bytes }, contextOf(), { signal: never });
  return judged.until === undefined ? "" : renderRfc3339(judged.until);
};

test("a pass ends with the list that says so, the certificate, or the signer's own expiry", async () => {
  const issuer = { key: rootKey, certificate: root };
  expect(await until(makeCrl({ issuer }))).toBe("2026-02-07T00:00:00Z");
  expect(await until(makeCrl({ issuer }), { expiry: "2026-02-03T00:00:00Z" })).toBe("2026-02-03T00:00:00Z");
  const unlisted = { chain: [makeSigner(), root] };
  expect(await until(makeCrl({ issuer }), unlisted)).toBe("2027-06-01T00:00:00Z");
});
