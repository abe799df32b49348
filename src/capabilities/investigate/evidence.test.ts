import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import type { EventRef } from "../../core/entry/signing-event.ts";
import type { EvidenceReport } from "../../core/evidence/evidence-report.ts";
import { sealFiles } from "../../core/evidence/manifest.ts";
import { renderTlogProof } from "../../core/note/tlog-proof.ts";
import type { LeafIndex } from "../../core/merkle/tree.ts";
import { readTar, renderTar, type TarFile } from "../../core/evidence/tar.ts";
import { exportPorts, rootOf, verifyPrehashed } from "../../../test/follow/evidence-world.ts";
import {
  logKey,
  openFollowWorld,
  someTexts,
  START,
  type FollowWorld,
  type ServedLog,
} from "../../../test/follow/follow-world.ts";
import { exportEvidence, exportMisbehaviour } from "./export-evidence.ts";
import { verifyEvidence } from "./verify-evidence.ts";

let world: FollowWorld;
beforeEach(() => {
  world = openFollowWorld();
});
afterEach(() => world.close());

const verify = verifyEvidence(verifyPrehashed);
const serve = (kind: "rekor1" | "rekor2"): Promise<ServedLog> =>
  kind === "rekor1" ? world.serveRekor1() : world.serveRekor2();

/** A log of some entries, one of them signed with the key of its certificate, followed in two steps. */
async function followed(kind: "rekor1" | "rekor2"): Promise<{ served: ServedLog; root: Uint8Array; file: Uint8Array }> {
  const served = await serve(kind);
  await served.append(...someTexts(5));
  await served.appendBodies(world.pool.signed("payments-prod", "an artifact", kind));
  await world.step(served);
  await served.append(...someTexts(9, "later "));
  world.pass(60_000);
  await world.step(served);
  const root = rootOf(world, served);
  return { served, root, file: await exported(served, root, 5) };
}

async function filled(kind: "rekor1" | "rekor2"): Promise<ServedLog> {
  const served = await serve(kind);
  await served.append(...someTexts(3));
  await served.appendBodies(world.pool.signed("payments-prod", "an artifact", kind));
  await world.step(served);
  return served;
}

/** Two logs of one domain, two signed entries in the one and one in the other. */
async function twoLogs(): Promise<{ root: Uint8Array; events: readonly [EventRef, ...EventRef[]] }> {
  const [one, other] = [await filled("rekor2"), await filled("rekor1")];
  await one.appendBodies(world.pool.signed("payments-prod", "another", "rekor2"));
  world.pass(60_000);
  await world.step(one);
  const events = [
    { log: "rekor2", logIndex: 3 },
    { log: "rekor1", logIndex: 3 },
    { log: "rekor2", logIndex: 4 },
  ] as const;
  return { root: rootOf(world, one, other), events };
}

async function exported(served: ServedLog, root: Uint8Array, logIndex: number): Promise<Uint8Array> {
  const { name: log } = served.log;
  const request = { events: [{ log, logIndex }], scope: `${log}/${logIndex}` } as const;
  const made = await exportEvidence(exportPorts(world, root))(request);
  if (!made.ok) throw new Error(JSON.stringify(made.verdict));
  return made.file;
}

const statesOf = ({ events }: EvidenceReport): unknown =>
  Object.fromEntries((events[0]?.checks ?? []).map(({ name, state, code }) => [name, code === "" ? state : code]));

/** As whoever makes a file of his own would: the manifest fits. */
function remade(file: Uint8Array, change: (files: readonly TarFile[]) => readonly TarFile[]): EvidenceReport {
  const tar = readTar(file);
  if (!tar.ok) throw new Error(tar.detail);
  const files = change(tar.value.files.filter(({ path }) => !path.startsWith("MANIFEST")));
  return verify(
    renderTar(sealFiles(files, { scope: "x", asOf: START, product: { name: "x", version: "1" }, notCovered: [] })),
  );
}
const replace = (pattern: RegExp, bytes: (old: Uint8Array) => Uint8Array) => (files: readonly TarFile[]) =>
  files.map((file) => (pattern.test(file.path) ? { ...file, bytes: bytes(file.bytes) } : file));
const text = (change: (old: string) => string) => (old: Uint8Array) => toUtf8(change(new TextDecoder().decode(old)));
const drop = (pattern: RegExp) => (files: readonly TarFile[]) => files.filter(({ path }) => !pattern.test(path));

describe.each(["rekor2", "rekor1"] as const)("the evidence of an event in a %s", (kind) => {
  test("holds by itself, and by the root that was given", async () => {
    const { file, root } = await followed(kind);
    expect(verify(file)).toMatchObject({ outcome: "holds", trust: "self-supplied", code: "", scope: `${kind}/5` });
    const report = verify(file, root);
    expect(report).toMatchObject({ outcome: "holds", trust: "given" });
    expect(report.events[0]).toMatchObject({
      logIndex: 5,
      identity: { san: "https://kubernetes.io/namespaces/payments-prod/serviceaccounts/builder" },
    });
    expect(statesOf(report)).toEqual({
      signature: "pass",
      chain: "pass",
      sct: "pass",
      inclusion: "pass",
      consistency: "pass",
      time: "pass",
      correlation: "unproven",
    });
    expect(report.notCovered).toContain("signatures that were never logged");
  });

  test("is the same bytes each time, and holds the members that others can check", async () => {
    const { served, root, file } = await followed(kind);
    expect(await exported(served, root, 5)).toEqual(file);
    const tar = readTar(file);
    const origin = kind === "rekor1" ? "localhost%20-%2041" : "localhost";
    expect(tar.ok && tar.value.files.map(({ path }) => path)).toEqual([
      "MANIFEST.json",
      "MANIFEST.sha256",
      "coverage.json",
      "events/000/chain.pem",
      "events/000/entry.json",
      "events/000/entry.tlog-proof",
      "events/000/time.json",
      `logs/${origin}/checkpoint`,
      `logs/${origin}/consistency.json`,
      `logs/${origin}/head`,
      "trust/trusted_root.json",
    ]);
  });

  test("is not accepted as it was with any one byte changed", async () => {
    const { file } = await followed(kind);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = file.slice();
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(verify(changed)).toMatchObject({ outcome: "tampered", trust: "none" });
      }),
      { numRuns: 150 },
    );
  });

  test.each<[string, (files: readonly TarFile[]) => readonly TarFile[], string, string]>([
    ["another entry", replace(/entry\.json/, () => toUtf8("{}")), "fails", "entry-mismatch"],
    [
      "a proof of another index",
      replace(
        /tlog-proof/,
        text((old) => old.replace("index 5", "index 4")),
      ),
      "fails",
      "inclusion-proof",
    ],
    [
      "a proof with another hash",
      replace(
        /tlog-proof/,
        text((old) => old.replace(/\n[A-Za-z0-9+/]{43}=\n\n/, `\n${"A".repeat(43)}=\n\n`)),
      ),
      "fails",
      "inclusion-proof",
    ],
    ["no proof", drop(/tlog-proof/), "fails", "member-missing"],
    [
      "a head that nobody signed",
      replace(
        /head$/,
        text((old) => old.replace("\n15\n", "\n16\n")),
      ),
      "fails",
      "checkpoint-signature",
    ],
    ["no head", drop(/head$/), "fails", "member-missing"],
    ["no consistency", drop(/consistency/), "fails", "member-missing"],
    [
      "another consistency",
      replace(
        /consistency/,
        text((old) => old.replace(/"[A-Za-z0-9+/]{43}=/, `"${"A".repeat(43)}=`)),
      ),
      "fails",
      "consistency-proof",
    ],
    [
      "another beginning of the signing time",
      replace(
        /time\.json/,
        text((old) => old.replace("T00:00:00Z", "T00:00:01Z")),
      ),
      "fails",
      "time-mismatch",
    ],
    [
      "an end before the beginning",
      replace(
        /time\.json/,
        text((old) => old.replaceAll("2026-01-01T00:00:05Z", "2025-01-01T00:00:05Z")),
      ),
      "fails",
      "time-mismatch",
    ],
    ["no times", drop(/time\.json/), "undecided", "member-missing"],
    ["no root", drop(/trusted_root/), "undecided", "member-missing"],
    ["no entry", drop(/entry\.json/), "fails", "member-missing"],
    ["nothing but the root", (files) => files.filter(({ path }) => path.startsWith("trust")), "fails", "nothing-shown"],
  ])("does not hold with %s", async (_, change, outcome, code) => {
    const { file } = await followed(kind);
    expect(remade(file, change)).toMatchObject({ outcome, code });
  });

  test("does not hold by a root that knows neither log nor authority", async () => {
    const { file } = await followed(kind);
    const other = openFollowWorld();
    const root = rootOf(other, await other.serveRekor2());
    await other.close();
    const report = verify(file, root);
    expect(report).toMatchObject({ outcome: "fails", trust: "given" });
    expect(statesOf(report)).toMatchObject({ chain: "cert-signature", inclusion: "checkpoint-unknown-log" });
  });

  test("says that a signature is not one", async () => {
    const { served, root } = await followed(kind);
    expect(verify(await exported(served, root, 0))).toMatchObject({ outcome: "fails", code: "signature" });
  });

  test("cannot be exported for an entry that is not stored", async () => {
    const { root } = await followed(kind);
    const request = { events: [{ log: kind, logIndex: 999 }], scope: "x" } as const;
    expect(await exportEvidence(exportPorts(world, root))(request)).toMatchObject({
      ok: false,
      verdict: { kind: "unknown", gaps: [{ missing: "event" }] },
    });
  });
});

describe("the evidence of a story", () => {
  test("holds for each entry, in whichever log, and repeats what was told as our word", async () => {
    const { root, events } = await twoLogs();
    const made = await exportEvidence(exportPorts(world, root))({
      events,
      scope: "payments/api",
      story: { verdict: "pass" },
    });
    if (!made.ok) throw new Error(JSON.stringify(made.verdict));
    const report = verify(made.file, root);
    expect(report).toMatchObject({ outcome: "holds", scope: "payments/api" });
    expect(report.events.map(({ folder, logIndex }) => [folder, logIndex])).toEqual([
      ["events/000", 3],
      ["events/001", 4],
      ["events/002", 3],
    ]);
    const tar = readTar(made.file);
    expect(tar.ok && tar.value.files.some(({ path }) => path === "story.json")).toBe(true);
    expect(
      remade(
        made.file,
        replace(
          /002.entry.json/,
          text((old) => old.replace("a", "b")),
        ),
      ).outcome,
    ).toBe("fails");
  });

  test("says what it does not show: entries that are not stored, and those of another domain", async () => {
    const { root, events } = await twoLogs();
    const known = exportPorts(world, root).trustedRootOf("rekor2");
    const ports = exportPorts(world, root, {
      trustedRootOf: (log) => (log === "rekor2" ? known : known && { ...known, bytes: toUtf8("another") }),
    });
    const made = await exportEvidence(ports)({ events: [...events, { log: "rekor2", logIndex: 99 }], scope: "x" });
    if (!made.ok) throw new Error(JSON.stringify(made.verdict));
    const report = verify(made.file);
    expect(report.events.length).toBe(2);
    expect(report.notCovered).toEqual(made.notCovered);
    expect(report.notCovered).toEqual(
      expect.arrayContaining(["event: rekor2/99 is not in the store", "rekor1/3: it is under another trusted root"]),
    );
  });
});

describe("the evidence of a log that contradicted itself", () => {
  test.each([
    ["rekor2", 0],
    ["rekor2", 4],
    ["rekor1", 0],
    ["rekor1", 4],
  ] as const)("shows it to anybody: %s, %d entries longer", async (kind, longer) => {
    const key = kind === "rekor1" ? logKey() : generateKeyPairSync("ed25519").privateKey;
    const fork = () => (kind === "rekor1" ? world.serveRekor1({ key }) : world.serveRekor2({ key }));
    const [one, other] = [await fork(), await fork()];
    await one.append(...someTexts(6));
    await other.append(...someTexts(6 + longer, "other "));
    await world.step(one);
    expect((await world.step({ ...other, log: { ...other.log, keys: one.log.keys } })).outcome).toBe("contradiction");
    const [found] = await world.ports.store.misbehaviours();
    const root = rootOf(world, one);
    if (!found) throw new Error("no misbehaviour");
    const file = exportMisbehaviour(found, root, { name: "countersign", version: "0.0.0" });
    expect(verify(file, root)).toMatchObject({ outcome: "log-contradicted", trust: "given" });

    const tar = readTar(file);
    const head = found.evidence[Object.keys(found.evidence).find((path) => path.endsWith("/head")) ?? ""];
    const files = (tar.ok ? tar.value.files : [])
      .filter(({ path }) => !path.startsWith("MANIFEST"))
      .map((member) => (member.path.endsWith("/checkpoint") && head ? { ...member, bytes: head } : member));
    const honest = sealFiles(files, { scope: "x", asOf: START, product: { name: "x", version: "1" }, notCovered: [] });
    expect(verify(renderTar(honest), root)).toMatchObject({ outcome: "fails", code: "no-contradiction" });
  });

  test("finds none in a log that only grew", async () => {
    const served = await serve("rekor2");
    await served.append(...someTexts(6));
    const checkpoint = toUtf8(served.engine.head().note);
    await served.append(...someTexts(4, "more "));
    const { note, size } = served.engine.head();
    const index = 6 as LeafIndex;
    const body = (await served.engine.entry(index))?.body ?? new Uint8Array();
    const proof = { extra: body, index, path: served.engine.inclusion(index, size), checkpoint: note };
    const evidence = {
      "logs/localhost/checkpoint": checkpoint,
      "logs/localhost/head": toUtf8(note),
      "logs/localhost/entry.tlog-proof": toUtf8(renderTlogProof(proof)),
    };
    const found = { log: "rekor2", code: "inconsistent", detail: "it is not", at: START, evidence };
    const file = exportMisbehaviour(found, rootOf(world, served), { name: "countersign", version: "0.0.0" });
    expect(verify(file)).toMatchObject({ outcome: "fails", code: "no-contradiction" });
  });
});
