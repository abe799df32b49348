import { delimiter, dirname, isAbsolute } from "node:path";

/**
 * The whole environment of every call: nothing of ours goes through, and nothing of the machine or of the user's
 * configuration is read. Of the search path only absolute folders stay, so that the repository cannot offer a `git`.
 */
export function gitEnvironment(root: string, path: string | undefined): Record<string, string> {
  const folders = (path ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return {
    PATH: (folders.length > 0 ? folders : ["/usr/local/bin", "/usr/bin", "/bin"]).join(delimiter),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_CEILING_DIRECTORIES: dirname(root),
    LC_ALL: "C",
    HOME: "/nonexistent",
  };
}

/** Options before every command: what a repository's own configuration could run is switched off, its own graphs are not believed. */
export function gitOptions(root: string): readonly string[] {
  const settings = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.commitGraph=false",
    "core.alternateRefsCommand=",
    `safe.directory=${root}`,
    "protocol.allow=never",
    "advice.graftFileDeprecated=false",
  ];
  return ["--no-pager", ...settings.flatMap((setting) => ["-c", setting])];
}
