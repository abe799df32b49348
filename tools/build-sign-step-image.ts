import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildSignStep } from "./build-sign-step.ts";
import { readBase, writeLayout, type Base } from "../src/app/deploy/oci/layout.ts";
import { renderTar, type TarFile } from "../src/app/deploy/oci/tar.ts";

/** Where the executable lies in the image: what the StepAction's `command` names. */
export const PROGRAM = "app/countersign-sign";
const ARCHITECTURE: string = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;

/**
 * Puts the executable into an image, as an OCI layout: on a base that was fetched before, or, without one, beside the
 * shared libraries of this machine that it needs, and nothing else: no shell, no package manager, no certificates.
 */
export function buildImage(executable: string, folder: string, base: Base | undefined): string {
  const program: TarFile = { path: PROGRAM, mode: 0o755, content: readFileSync(executable) };
  const version: string = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")).version;
  rmSync(folder, { recursive: true, force: true });
  return writeLayout(folder, {
    layers: [{ tar: renderTar(base ? [program] : [program, ...librariesOf(executable)]) }],
    base,
    architecture: ARCHITECTURE,
    // Any user but root will do; OpenShift gives one of its own. No variable is read, so none is set.
    config: { User: "65532:65532", WorkingDir: "/", Entrypoint: [`/${PROGRAM}`], Env: [], Cmd: null },
    annotations: {
      "org.opencontainers.image.title": "countersign-sign",
      "org.opencontainers.image.description": "The signing step of a Tekton Task",
      "org.opencontainers.image.licenses": "Apache-2.0",
      "org.opencontainers.image.version": version,
    },
  });
}

/** The loader and the libraries that it would load, each under the name by which it is looked for. */
function librariesOf(executable: string): readonly TarFile[] {
  const said = execFileSync("ldd", [executable], { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "" } });
  return [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => ({
    path: path.slice(1),
    mode: 0o755,
    content: readFileSync(path),
  }));
}

if (import.meta.main) {
  const options = { base: { type: "string" }, "base-digest": { type: "string" } } as const;
  const { base: folder, "base-digest": digest } = parseArgs({ options }).values;
  if ((folder === undefined) !== (digest === undefined)) throw new Error("--base and --base-digest go together");
  const base = folder === undefined ? undefined : readBase(folder, digest ?? "", ARCHITECTURE);
  const target = join(import.meta.dirname, "../dist/sign-step");
  const executable = join(target, "countersign-sign");
  await buildSignStep(executable);
  process.stdout.write(`${buildImage(executable, join(target, "image"), base)}\n`);
}
