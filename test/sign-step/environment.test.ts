import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toBase64 } from "../../src/core/bytes/base64.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { buildSignStep } from "../../tools/build-sign-step.ts";
import { openImpostor, type Impostor } from "../setup/impostor.ts";
import { openStepWorld, type Image, type StepWorld } from "../setup/step-world.ts";
import { listen, portOf, tap, type Wiretap } from "../setup/wiretap.ts";

/** Loads a module into whatever uses OpenSSL. */
const EVIL_CNF = `nodejs_conf = init
[init]
providers = chosen
[chosen]
evil = evil
[evil]
module = /nowhere/evil.so
activate = 1
`;

/** Whoever starts a run may set any variable of the signing process (`podTemplate.env`). Each row is what they could try. */
type Environment = Readonly<Record<string, string>>;
type Ran = { readonly exit: number; readonly out: string; readonly err: string };

describe.skipIf(process.platform !== "linux")("the signing executable in an environment that others set", () => {
  let world: StepWorld;
  let impostor: Impostor;
  let taps: Readonly<Record<"fulcio" | "rekor1" | "tsa" | "registry", Wiretap>>;
  let image: Image;

  const at = (name: string): string => world.at(name);
  const run = (program: string, args: readonly string[], env: Environment): Promise<Ran> =>
    new Promise((done) => {
      execFile(program, args, { env: { ...env }, cwd: at("cwd"), timeout: 60_000 }, (error, out, err) => {
        done({ exit: error && typeof error.code === "number" ? error.code : error ? -1 : 0, out, err });
      });
    });
  const step = (env: Environment, change = {}): Promise<Ran> =>
    run(at("countersign-sign"), world.argv(image, change), env);

  beforeAll(async () => {
    world = await openStepWorld();
    for (const folder of ["cwd", "home", "home/.docker", "tmp", "out"]) mkdirSync(at(folder));
    impostor = await openImpostor(at("impostor.pem"));
    const { fulcio, rekor1, tsa, registry } = world.sigstore.urls;
    const [a, b, c, d] = await Promise.all(
      [fulcio, rekor1, tsa, registry].map((url) => tap(Number(new URL(url).port))),
    );
    taps = { fulcio: a as Wiretap, rekor1: b as Wiretap, tsa: c as Wiretap, registry: d as Wiretap };
    await placeAt(`http://localhost:${taps.fulcio.port}`);
    await buildSignStep(at("countersign-sign"));
    writeFileSync(at("evil.cjs"), `require("node:fs").writeFileSync(${JSON.stringify(at("ran"))}, "")`);
    writeFileSync(at("evil.cnf"), EVIL_CNF);
    const auths = Object.fromEntries([[`localhost:${taps.registry.port}`, { auth: toBase64(toUtf8("thief:thief")) }]]);
    writeFileSync(at("home/.docker/config.json"), JSON.stringify({ auths }));
  });
  afterAll(async () => {
    impostor.close();
    await world.close();
    await Promise.all(Object.values(taps).map((one) => one.close()));
  });
  /** What an attacker has in hand afterwards, wherever they listened. */
  const spoils = () => ({
    stolen: impostor.stolen,
    ran: existsSync(at("ran")),
    heard: [taps.rekor1, taps.tsa, taps.registry].flatMap(({ heard }) => leaksIn(heard())),
    files: filesBelow(at(".")).flatMap((file) => leaksIn(readFileSync(file, "latin1"))),
  });
  const NO_SPOILS = { stolen: [], ran: false, heard: [], files: [] };

  const placeAt = (fulcio: string): Promise<void> => {
    const services = {
      fulcio,
      timestampAuthority: `http://localhost:${taps.tsa.port}/api/v1/timestamp`,
      logs: [{ type: "rekor1", url: `http://localhost:${taps.rekor1.port}` }],
    };
    return world.writePlacement({
      repositories: [`localhost:${taps.registry.port}/team`],
      signingConfig: undefined,
      services,
    });
  };
  const newImage = async (): Promise<void> => {
    const { repository, ...rest } = await world.newImage();
    image = { ...rest, repository: repository.replace(/:\d+/, `:${taps.registry.port}`) };
  };
  /** The token, and each of its parts: a part is enough to recognise, two are enough to use. */
  const leaksIn = (text: string): readonly string[] => {
    const secrets = [world.token, ...world.token.split(".").slice(1)];
    const inHex = secrets.map((one) => Buffer.from(one).toString("hex").slice(0, 64));
    return [...secrets, ...inHex].filter((one) => text.includes(one));
  };
  test.each<[string, () => Environment]>([
    ["nothing", () => ({})],
    ["code to run first, as a module", () => ({ NODE_OPTIONS: `--import=data:text/javascript,import"node:fs"` })],
    ["code to run first, as a file", () => ({ NODE_OPTIONS: `--require=${at("evil.cjs")}` })],
    ["a debugger", () => ({ NODE_OPTIONS: "--inspect=127.0.0.1:0 --inspect-wait" })],
    ["options that would be refused", () => ({ NODE_OPTIONS: "--no-such-option" })],
    ["places of modules", () => ({ NODE_PATH: at(".") })],
    [
      "proxies",
      () => ({
        ...each(["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"], proxyUrl()),
        NODE_USE_ENV_PROXY: "1",
        NO_PROXY: "",
      }),
    ],
    [
      "Sigstore's and cosign's variables",
      () => ({
        ...each(
          ["SIGSTORE_FULCIO_URL", "SIGSTORE_REKOR_URL", "SIGSTORE_TSA_URL", "SIGSTORE_OIDC_ISSUER", "TUF_MIRROR"],
          impostorUrl(),
        ),
        ...each(
          ["SIGSTORE_ROOT_FILE", "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", "TUF_ROOT", "TUF_ROOT_JSON"],
          at("impostor.pem"),
        ),
        ...each(["COSIGN_FULCIO_URL", "COSIGN_REKOR_URL", "COSIGN_TIMESTAMP_SERVER_URL"], impostorUrl()),
        COSIGN_REPOSITORY: `localhost:${impostor.https}/stolen`,
        COSIGN_EXPERIMENTAL: "1",
        SIGSTORE_ID_TOKEN: "another.token.entirely",
      }),
    ],
    [
      "our own program's variables",
      () => ({
        COUNTERSIGN_CONFIG: at("evil.cjs"),
        COUNTERSIGN_TRUST_DOMAINS: "x",
        COUNTERSIGN_DEBUG: "1",
        COUNTERSIGN_TELEMETRY_LOG_LEVEL: "debug",
      }),
    ],
    [
      "credentials and places of files",
      () => ({
        HOME: at("home"),
        DOCKER_CONFIG: at("home/.docker"),
        REGISTRY_AUTH_FILE: at("home/.docker/config.json"),
        ...each(["TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"], at("tmp")),
      }),
    ],
    [
      "switches that make Node talk or write",
      () => ({
        NODE_DEBUG: "*",
        NODE_DEBUG_NATIVE: "*",
        ...each(["NODE_V8_COVERAGE", "NODE_COMPILE_CACHE"], at("out")),
        NODE_REDIRECT_WARNINGS: at("out/warnings"),
        SSLKEYLOGFILE: at("out/keys"),
        FORCE_COLOR: "3",
      }),
    ],
    [
      "a resolver's settings",
      () => ({ LOCALDOMAIN: "thief.example", RES_OPTIONS: "ndots:15", HOSTALIASES: at("evil.cjs") }),
    ],
    ["OpenSSL's configuration, from a file", () => ({ OPENSSL_CONF: at("evil.cnf") })],
    // A variable may hold line breaks, so no file is needed: the environment itself can be named as one.
    ["OpenSSL's configuration, from here", () => ({ A: `\n${EVIL_CNF}`, OPENSSL_CONF: "/proc/self/environ" })],
    ["a library that is not there", () => ({ LD_PRELOAD: at("evil.so"), LD_DEBUG: "libs", LD_LIBRARY_PATH: at(".") })],
  ])("signs as if there were none: %s", async (_, environment) => {
    await newImage();
    const before = taps.fulcio.heard().split(world.token).length;
    const { exit, out, err } = await step(environment());
    expect([exit, leaksIn(out), leaksIn(err)]).toEqual([0, [], []]);
    expect(taps.fulcio.heard().split(world.token)).toHaveLength(before + 1);
    expect(spoils()).toEqual(NO_SPOILS);
    expect(err).not.toMatch(/Debugger listening/);
    expect(taps.registry.heard().toLowerCase()).not.toContain("authorization:");
    expect(readdirSync(at("tmp"))).toEqual([]);
  });

  const proxyUrl = (): string => `http://localhost:${impostor.proxy}`;
  const impostorUrl = (): string => `https://localhost:${impostor.https}`;
  const trusting = (): Environment => ({
    ...each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"], at("impostor.pem")),
    SSL_CERT_DIR: at("."),
    NODE_USE_SYSTEM_CA: "1",
  });

  describe("does not speak to whoever has taken Fulcio's place", () => {
    test.each<[string, () => Environment]>([
      ["with an authority more", trusting],
      ["without authorities", () => ({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })],
    ])("%s", async (_, environment) => {
      await newImage();
      await placeAt(impostorUrl());
      const { exit, out, err } = await step(environment());
      expect([exit, err.trimEnd().split("\n").at(-1)]).toEqual([3, "fulcio.unreachable"]);
      expect([leaksIn(out), leaksIn(err)]).toEqual([[], []]);
      expect(spoils()).toEqual(NO_SPOILS);
      await placeAt(`http://localhost:${taps.fulcio.port}`);
    });
  });

  // Else the rows above would prove nothing: each of these does reach a program that is run by Node as it is.
  test.each<[string, () => Environment, RegExp]>([
    ["an authority more", trusting, /^GET \/$/],
    ["no authorities", () => ({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }), /^GET \/$/],
    ["a proxy", () => ({ HTTPS_PROXY: proxyUrl(), NODE_USE_ENV_PROXY: "1" }), /^proxy CONNECT localhost/],
  ])("the attack is one, by %s", async (_, environment, seen) => {
    const script = `await fetch("${impostorUrl()}/").catch(() => undefined)`;
    await run(process.execPath, ["--input-type=module", "-e", script], environment());
    expect(impostor.stolen.at(-1)).toMatch(seen);
    (impostor.stolen as string[]).length = 0;
  });

  test.each<[string, () => Environment]>([
    ["a file", () => ({ OPENSSL_CONF: at("evil.cnf") })],
    ["the environment", () => ({ A: `\n${EVIL_CNF}`, OPENSSL_CONF: "/proc/self/environ" })],
  ])("the attack is one, by OpenSSL's configuration from %s", async (_, environment) => {
    expect((await run(process.execPath, ["-e", ""], environment())).exit).not.toBe(0);
  });

  test("opens no debugger for a signal, while it waits for Fulcio with the token in hand", async () => {
    await newImage();
    const running: { child?: ChildProcess } = {};
    const fulcio = createServer((socket) => {
      running.child?.kill("SIGUSR1");
      socket.destroy();
    });
    await listen(fulcio);
    await placeAt(`http://localhost:${portOf(fulcio)}`);
    const child = spawn(at("countersign-sign"), world.argv(image), { env: {} });
    running.child = child;
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => void (err += chunk.toString()));
    await new Promise<void>((done) => void child.once("close", () => done()));
    fulcio.close();
    await placeAt(`http://localhost:${taps.fulcio.port}`);
    expect(err).toMatch(/\nfulcio\.unreachable\n$/);
    expect(err).not.toMatch(/debugger/i);
  });

  test("is the same, byte for byte, when it is built again from elsewhere", async () => {
    const script = `import { buildSignStep } from ${JSON.stringify(join(import.meta.dirname, "../../tools/build-sign-step.ts"))};
      await buildSignStep(${JSON.stringify(at("again"))});`;
    const env = { PATH: process.env["PATH"] ?? "", TZ: "Asia/Tokyo", LANG: "C" };
    await run(process.execPath, ["--input-type=module", "-e", script], env);
    expect(readFileSync(at("again")).equals(readFileSync(at("countersign-sign")))).toBe(true);
    rmSync(at("again"));
  });

  test("does not start where it is told to be another program", async () => {
    const { exit, err } = await step({ NODE_REPL_EXTERNAL_MODULE: at("evil.cjs") });
    expect([exit, leaksIn(err)]).toEqual([9, []]);
  });

  test("the attack is one, by code to run first", async () => {
    await run(process.execPath, ["-e", ""], { NODE_OPTIONS: `--require=${at("evil.cjs")}` });
    expect(existsSync(at("ran"))).toBe(true);
    rmSync(at("ran"));
  });
});

function each(names: readonly string[], value: string): Environment {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** Every file but the executable, and the token's own. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !/countersign-sign$|\/token$/.test(path));
}
