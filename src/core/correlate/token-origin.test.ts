import { expect, test } from "vitest";
import { event, pod, T0, world } from "../../../test/setup/signing-world.ts";
import { addMs } from "../time.ts";
import { indexWorld } from "./index-world.ts";
import { tokenOrigin } from "./token-origin.ts";

const minutes = (count: number): number => count * 60_000;

test.each([
  ["a pod that runs", 5, undefined, "pod payments/sign-pod of the account ran then and held a token"],
  [
    "a pod that has ended",
    9,
    5,
    "pod payments/sign-pod, the last of the account that held a token, had ended 2026-11-23T10:05:00Z, 4 min before",
  ],
  ["a pod that ended long ago", 90, 5, "no pod of the account ran then or in the hour before"],
  ["a pod that came later", -5, undefined, "no pod of the account ran then or in the hour before"],
])("%s", (_, signedAfter, goneAfter, expected) => {
  const seen = { ...pod(), ...(goneAfter !== undefined && { goneBy: addMs(T0, minutes(goneAfter)) }) };
  const index = indexWorld(world({ pods: [seen] }));
  expect(tokenOrigin(index, event({ notBefore: addMs(T0, minutes(signedAfter)) }))).toBe(expected);
});

test("an unproven identity has no origin", () => {
  expect(tokenOrigin(indexWorld(world({ pods: [pod()] })), event({ chain: "untrusted" }))).toBeUndefined();
});
