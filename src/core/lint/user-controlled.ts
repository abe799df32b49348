import { baseName } from "./calls.ts";
import type { StepFacts } from "./scene.ts";
import { taintsOf } from "./taint.ts";

/** Programs that run what a source tree or a package says (pipelines chapter §5, user-controlled (b)). */
const BUILD_TOOLS = new Set([
  "make",
  "npm",
  "yarn",
  "pnpm",
  "npx",
  "mvn",
  "gradle",
  "gradlew",
  "mvnw",
  "go",
  "cargo",
  "pip",
  "pip3",
  "poetry",
  "pytest",
  "tox",
  "bundle",
  "rake",
  "dotnet",
  "bazel",
  "cmake",
  "ninja",
  "buildah",
  "docker",
  "podman",
  "kaniko",
  "executor",
  "buildctl",
  "s2i",
  "ko",
]);

/** Why a step runs what somebody else wrote or chose; `undefined` when nothing says so. */
export function whyUserControlled(facts: StepFacts): { readonly text: string; readonly isSure: boolean } | undefined {
  const { step, params, scripts, calls } = facts;
  const tainted = scripts.flatMap(({ scalar }) => taintsOf(scalar.text, params))[0];
  if (tainted) return { text: `its script holds ${tainted.written}`, isSure: tainted.by !== "unknown" };
  const builds =
    calls.find(({ tool, script }) => BUILD_TOOLS.has(tool) && script !== undefined) ??
    calls.find(({ tool }) => BUILD_TOOLS.has(tool));
  if (builds)
    return { text: `it runs ${baseName(builds.name.value)}, and with it the code of what is built`, isSure: true };
  const own = calls.find(({ name }) => /^\.{1,2}\/|^\$\(workspaces\./.test(name.value));
  if (own) return { text: `it runs ${own.name.value.slice(0, 80)} from its folder`, isSure: true };
  const image = step.image?.text ?? "";
  if (/\$\(|\{\{/.test(image)) return { text: `its image is ${image.slice(0, 80)}`, isSure: false };
  if (step.image && !/@sha(?:256|512):/.test(image))
    return { text: `its image ${image.slice(0, 120)} is not pinned`, isSure: true };
  const isHidden = step.origin === "opaque" || scripts.some(({ facts: read }) => !read?.isWhole);
  return isHidden ? { text: "what it runs is not in sight", isSure: false } : undefined;
}
