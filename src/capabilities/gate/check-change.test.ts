import { describe, expect, test } from "vitest";
import { faultSwitch, type FaultSwitch } from "../../../test/setup/failing.ts";
import { check, judged, LOOSE, policy, SIGNER, STRICT, THEORETICAL } from "../../../test/setup/gate-world.ts";
import { memoryChange } from "../../../test/setup/memory-change.ts";
import { Fault, type FaultId } from "../../core/fault.ts";
import type { Planted } from "../../ports/change-source.contract.ts";
import type { Change, ChangeSource, Revision } from "../../ports/change-source.ts";

describe("checkChange", () => {
  test.each<[string, Planted, Planted, readonly string[]]>([
    ["no change", { "p.yaml": STRICT }, { "p.yaml": STRICT }, ["0 EQUIVALENT"]],
    [
      "a policy that accepts more",
      { "p.yaml": STRICT },
      { "p.yaml": LOOSE },
      ["1 LOOSENED", "GP001 error head:p.yaml"],
    ],
    ["a policy that accepts less", { "p.yaml": LOOSE }, { "p.yaml": STRICT }, ["0 NARROWED"]],
    ["a policy under another name", { "p.yaml": STRICT }, { "q/r.yaml": STRICT }, ["0 EQUIVALENT"]],
    ["nothing that is judged", { "a.yaml": "a: 1" }, { "a.yaml": "a: 2" }, ["0 EQUIVALENT"]],
  ])("says of %s what it is", async (_, base, head, expected) => {
    expect(await judged(base, head)).toEqual(expected);
  });

  test("one part alone looks at no other", async () => {
    expect(await judged({ "p.yaml": STRICT }, { "p.yaml": LOOSE }, { only: "pipeline" })).toEqual(["0 EQUIVALENT"]);
  });

  test("names the two commits", async () => {
    const { base, head, evaluatedAt } = await check(memoryChange({}, {}));
    expect([base.oid, head.oid, evaluatedAt]).toEqual(["b".repeat(40), "c".repeat(40), "2026-12-01T09:00:00Z"]);
  });
});

function configMap(type: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {policy: '{"default": [{"type": "${type}"}]}'}\n`;
}

function secretWith(type: string): string {
  const value = Buffer.from(`{"default": [{"type": "${type}"}]}`).toString("base64");
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {p: ${value}}\n`;
}

describe("the configuration", () => {
  test("is that of the base: what the change writes there is told, and does not count", async () => {
    const base = { "p.yaml": STRICT };
    const head = { "p.yaml": THEORETICAL, ".countersign/gate.yaml": "blockTier: issuable\n" };
    expect(await judged(base, head)).toEqual([
      "1 LOOSENED",
      "GC001 warning head:.countersign/gate.yaml",
      "GP001 error head:p.yaml",
    ]);
    expect(await judged({ ...base, ".countersign/gate.yaml": "blockTier: issuable\n" }, head)).toEqual([
      "0 LOOSENED",
      "GP001 warning head:p.yaml",
    ]);
  });

  test("chooses the files, and a policy that leaves them is a policy that is gone", async () => {
    const config = { ".countersign/gate.yaml": "include: [policies/**]\n" };
    const base = { ...config, "policies/p.yaml": STRICT };
    expect(await judged(base, { ...config, "p.yaml": STRICT })).toEqual([
      "1 LOOSENED",
      "GC004 warning head:p.yaml",
      "GP012 error base:policies/p.yaml",
    ]);
    expect(await judged(base, { ...base, "other/q.yaml": "a: b" })).toEqual(["0 EQUIVALENT"]);
  });

  test("names keys that hold a policy, and the system that they are", async () => {
    const config = `embedded: ['cm.yaml#data["policy"]']
systems: [{id: nodes, engine: containers, sources: ['cm.yaml#data["policy"]']}]
`;
    const base = { ".countersign/gate.yaml": config, "cm.yaml": configMap("reject") };
    const report = await check(memoryChange(base, { ...base, "cm.yaml": configMap("insecureAcceptAnything") }));
    expect([report.exit, report.systems.map(({ id, verdict }) => `${id} ${verdict}`)]).toEqual([1, ["nodes LOOSENED"]]);
    const unnamed = { ...base, ".countersign/gate.yaml": "{}" };
    const found = await check(memoryChange(unnamed, { ...unnamed, "cm.yaml": configMap("insecureAcceptAnything") }));
    expect(found.systems.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(["containers@cluster LOOSENED"]);
  });

  test("is not needed for a policy in a Secret that says what it is", async () => {
    const head = { "s.yaml": secretWith("insecureAcceptAnything") };
    expect((await judged({ "s.yaml": secretWith("reject") }, head))[0]).toBe("1 LOOSENED");
  });

  test("can be named, and then has to be there", async () => {
    const files = { "gate/x.yaml": "exclude: ['**/*.yaml']\n", "p.yaml": STRICT };
    const head = { ...files, "p.yaml": LOOSE };
    expect(await judged(files, head, { configPath: "gate/x.yaml" })).toEqual([
      "0 EQUIVALENT",
      "GC004 warning head:p.yaml",
    ]);
    await expect(judged(files, head, { configPath: "y.yaml" })).rejects.toMatchObject({ id: "input.missing" });
  });

  test.each([
    ["a field that does not exist", "blockTeir: issuable\n", "1:1 TP003"],
    ["what is no YAML", "{", "TP002"],
    ["an alias", "a: &a 1\nb: *a\n", "TP002"],
  ])("is refused for %s", async (_, text, subject) => {
    const refused = judged({ ".countersign/gate.yaml": text }, {});
    await expect(refused).rejects.toMatchObject({ id: "config.invalid", subject: expect.stringContaining(subject) });
  });

  test.each<[string, Planted]>([
    ["it", { ".countersign/gate.yaml": { link: "../x.yaml" }, "x.yaml": "" }],
    ["its folder", { ".countersign": { link: "x" }, "x/gate.yaml": "" }],
  ])("is refused when %s is a link", async (_, base) => {
    await expect(judged(base, {})).rejects.toMatchObject({ id: "config.invalid" });
  });

  test("names the reference that the base has to be on", async () => {
    const files = { ".countersign/gate.yaml": "protectedRef: refs/heads/main\n" };
    const on = (isBaseOn?: boolean) => check(memoryChange(files, files, isBaseOn === undefined ? {} : { isBaseOn }));
    await expect(on(false)).rejects.toMatchObject({ id: "git.tampered" });
    expect((await on(true)).exit).toBe(0);
    expect((await on()).exit).toBe(0);
  });
});

function registerOf(state: string): string {
  return `apiVersion: countersign.dev/v1alpha1
kind: SigningIdentityRegister
identities:
- {id: pay, owner: team-pay, issuer: "https://kubernetes.default.svc", san: "${SIGNER}", families: [image], images: ["ghcr.io/acme/**"], created: 2026-03-02, expires: 2027-03-02, state: ${state}}
issuers:
- {url: "https://kubernetes.default.svc", type: kubernetes, owner: platform, audience: sigstore}
`;
}

describe("identities", () => {
  const path = ".countersign/identities.yaml";

  test("that a policy brings in have to be in the register of the base", async () => {
    const base = { [path]: registerOf("active"), "p.yaml": STRICT };
    expect(await judged(base, base)).toEqual(["0 EQUIVALENT"]);
    expect(await judged(base, { ...base, "p.yaml": LOOSE }, { only: "identity" })).toEqual([
      "1 EQUIVALENT",
      "GI001 error head:p.yaml",
    ]);
  });

  test("that the register revokes while a policy accepts them are found", async () => {
    const base = { [path]: registerOf("active"), "p.yaml": STRICT };
    const found = await judged(base, { ...base, [path]: registerOf("revoked") });
    expect(found[0]).toBe("1 EQUIVALENT");
    expect(found).toContain(`GC001 warning head:${path}`);
    expect(found.some((one) => one.startsWith("GI006 error"))).toBe(true);
  });

  test("in a register that cannot be read end the run", async () => {
    const found = await judged({}, { [path]: registerOf("dormant"), "p.yaml": STRICT });
    expect(found[0]).toMatch(/^2 /);
    expect(found).toContain(`GP020 malformed head:${path}`);
  });
});

const CONFIG = { ".countersign/gate.yaml": "approvers: [lead@acme.example]\n" };

function waiver(covers: string, expires = "2026-12-20"): Planted {
  return {
    ".countersign/waivers/w.yaml": `apiVersion: countersign.dev/v1alpha1
kind: GateWaiver
metadata: {name: w}
spec:
  reason: CI moves to the new cluster
  ticket: SEC-1
  requestedBy: alice@acme.example
  approvedBy: [lead@acme.example]
  created: 2026-11-20
  expires: ${expires}
  covers: ${covers}
`,
  };
}

describe("waivers", () => {
  const wider = policy(`subject: "${SIGNER}"}, {issuer: "https://kubernetes.default.svc", subject: "${SIGNER}2"`);
  const covers = `{policy: {where: {images: ["ghcr.io/acme/**"], dialect: pc}, evidence: {issuer: {exact: "https://kubernetes.default.svc"}, san: {exact: "${SIGNER}2"}}}}`;
  const base = { ...CONFIG, "p.yaml": STRICT };

  test("of the base cover what is inside them, wherever include points", async () => {
    for (const include of ["", "include: ['*.yaml']\n"]) {
      const before = {
        ...base,
        ".countersign/gate.yaml": `${CONFIG[".countersign/gate.yaml"]}${include}`,
        ...waiver(covers),
      };
      // oxlint-disable-next-line no-await-in-loop -- two
      const report = await check(memoryChange(before, { ...before, "p.yaml": wider }));
      expect([report.exit, report.verdict, report.findings[0]?.waiver]).toEqual([0, "LOOSENED", "w"]);
      expect(report.waivers).toMatchObject([{ name: "w", state: "used", file: ".countersign/waivers/w.yaml" }]);
    }
  });

  test("do not cover what is outside, do not outlive their end, and do not come with the change", async () => {
    const before = { ...base, ...waiver(covers) };
    expect((await judged(before, { ...before, "p.yaml": LOOSE }))[0]).toBe("1 LOOSENED");
    const ended = { ...base, ...waiver(covers, "2026-11-30") };
    expect((await judged(ended, { ...ended, "p.yaml": wider }))[0]).toBe("1 LOOSENED");
    const brought = await judged(base, { ...base, ...waiver(covers), "p.yaml": wider });
    expect(brought).toEqual([
      "1 LOOSENED",
      "GC001 warning head:.countersign/waivers/w.yaml",
      "GP001 error head:p.yaml",
    ]);
  });

  test("cover findings by name, also when one part alone is asked for", async () => {
    const named = waiver(`{findings: [{code: GI001, identity: "${SIGNER}2"}]}`);
    const before = { ...base, [".countersign/identities.yaml"]: registerOf("active"), ...named };
    const after = { ...before, "p.yaml": wider };
    const report = await check(memoryChange(before, after), { only: "identity" });
    expect([report.exit, report.findings.map(({ code, waiver: by }) => `${code} ${by}`)]).toEqual([0, ["GI001 w"]]);
  });

  test("that cannot be read end the run", async () => {
    const before = { ...base, ".countersign/waivers/w.yaml": "kind: [" };
    const found = await judged(before, before);
    expect(found[0]).toMatch(/^2 /);
    expect(found).toContain("GC005 malformed base:.countersign/waivers/w.yaml");
  });

  test("that are unused are told", async () => {
    const before = { ...base, ...waiver(covers) };
    const found = await judged(before, before);
    expect(found[0]).toBe("0 EQUIVALENT");
    expect(found.some((one) => one.startsWith("GC003 "))).toBe(true);
  });
});

describe("kinds that nobody reads", () => {
  const unread = "apiVersion: kyverno.io/v2\nkind: ClusterPolicyException\nmetadata: {name: x}\n";

  test("are not decided when they change, and nothing when they do not", async () => {
    expect((await judged({}, { "x.yaml": unread })).at(-1)).toMatch(/head:x.yaml$/);
    expect((await judged({}, { "x.yaml": unread }))[0]).not.toBe("0 EQUIVALENT");
    expect(await judged({ "x.yaml": unread }, { "x.yaml": unread })).toEqual(["0 EQUIVALENT"]);
  });
});

const FAULTS: readonly FaultId[] = ["git.unreadable", "git.tampered", "input.too-large"];

/** A change of which every call that reads is watched. */
async function watched(source: ChangeSource, failing: FaultSwitch, signal: AbortSignal): Promise<Change> {
  const change = await source.open(signal);
  const watchRead = (side: Revision): Revision => ({
    ...side,
    ...failing.watch<Pick<Revision, "read">>({ read: (...args) => side.read(...args) }, FAULTS),
  });
  return {
    base: watchRead(change.base),
    head: watchRead(change.head),
    isBaseOn: (...args) => change.isBaseOn(...args),
    close: () => change.close(),
  };
}

describe("faults", () => {
  test("of any call end the run as they are, and what was opened is closed", async () => {
    const files = { "p.yaml": STRICT, ".countersign/gate.yaml": "protectedRef: main\n" };
    const memory = memoryChange(files, { ...files, "p.yaml": LOOSE }, { isBaseOn: true });
    const failing = faultSwitch();
    const source = failing.watch({ open: (signal: AbortSignal) => watched(memory, failing, signal) }, FAULTS);
    const outcomes: (readonly [boolean, number])[] = [];
    let report: unknown;
    for (let at = 1; report === undefined; at++) {
      failing.arm(at, at % FAULTS.length);
      const opened = memory.closed();
      // oxlint-disable-next-line no-await-in-loop -- one run after the other
      const outcome = await check(source).catch((error: unknown) => error);
      const fault = failing.met();
      if (fault === undefined) report = outcome;
      else outcomes.push([outcome instanceof Fault && outcome.id === fault, memory.closed() - opened]);
    }
    expect(report).toMatchObject({ exit: 1 });
    expect(outcomes).toEqual([[true, 0], ...outcomes.slice(1).map(() => [true, 1])]);
    expect(outcomes.length).toBeGreaterThanOrEqual(4);
  });
});
