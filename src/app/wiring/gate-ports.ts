import { readDefinitionFile } from "../../adapters/manifests/definition-file.ts";
import { readDocuments } from "../../adapters/manifests/documents.ts";
import { re2jsCompiler } from "../../adapters/re2js/regex-compiler.ts";
import { shellScriptReader } from "../../adapters/shell/script-reader.ts";
import type { GatePorts } from "../../capabilities/gate/check-change.ts";
import { matchAgain } from "../../capabilities/gate/match-again.ts";
import type { UnixMs } from "../../core/time.ts";
import type { Config } from "../config/config.ts";
import { packageVersion, re2jsVersion } from "../package-version.ts";
import { toPolicyContext } from "../policy/policy-context.ts";
import { patternEngine } from "./policy-set.ts";

/** Readers and engines of the gate, the same wherever a change comes from. */
export function gatePorts(config: Config, now: UnixMs): Omit<GatePorts, "source" | "bundles"> {
  return {
    readManifests: readDefinitionFile,
    readStrictly: (path, bytes) => readDocuments([{ path, bytes }]),
    readScript: (text) => shellScriptReader.read(text),
    patterns: patternEngine,
    matches: matchAgain(re2jsCompiler),
    policies: toPolicyContext(config, { now, purpose: "load", patterns: patternEngine }),
    now,
    engine: { version: packageVersion(), re2js: re2jsVersion(), unicode: process.versions["unicode"] ?? "unknown" },
  };
}
