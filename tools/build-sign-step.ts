import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { addElfNote } from "./elf-note.ts";

/**
 * Builds the signing step as one executable: its program, bundled, inside the Node that runs this tool (Node 24, "Single
 * executable applications"). The same sources and the same Node give the same bytes.
 */
export async function buildSignStep(target: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "countersign-build-"));
  try {
    await bundle(work);
    writeFileSync(join(work, "sea.json"), JSON.stringify(CONFIG));
    const env = { PATH: process.env["PATH"] ?? "" };
    execFileSync(process.execPath, ["--experimental-sea-config", "sea.json"], { cwd: work, env, stdio: "pipe" });
    const node = readFileSync(process.execPath);
    light(node);
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, addElfNote(node, "NODE_SEA_BLOB", readFileSync(join(work, CONFIG.output))));
    chmodSync(target, 0o755);
  } finally {
    rmSync(work, { recursive: true });
  }
}

const CONFIG = {
  main: "sign-step.cjs",
  output: "sign-step.blob",
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  useCodeCache: false,
  // A signal would open a debugger's port, and a name of the environment options of our own Node.
  execArgv: ["--disable-sigusr1", "--openssl-config=/dev/null"],
  execArgvExtension: "none",
};

async function bundle(outDir: string): Promise<void> {
  const root = join(import.meta.dirname, "..");
  await build({
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: "warn",
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: "src/cmd/sign-step/main.ts",
      outDir,
      emptyOutDir: false,
      target: "node24",
      minify: false,
      // Comments name files, which has to be the same from wherever it is called.
      rolldownOptions: { cwd: root, output: { format: "cjs", entryFileNames: CONFIG.main, codeSplitting: false } },
    },
  });
}

const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:";

/** Tells Node, where it looks before all else, that there is a program inside. */
function light(node: Buffer): void {
  const at = node.indexOf(`${FUSE}0`);
  if (at < 0 || node.includes(`${FUSE}0`, at + 1)) throw new Error(`${process.execPath} has no fuse, or two`);
  node.write("1", at + FUSE.length, "latin1");
}

if (import.meta.main) await buildSignStep(join(import.meta.dirname, "../dist/sign-step/countersign-sign"));
