/** One thing that is wrong with a configuration, or (warning) unwise. */
export type ConfigProblem = {
  readonly severity: "error" | "warning";
  readonly path: ConfigPath;
  readonly message: string;
};

export type ConfigPath = readonly (string | number)[];

/** `clusters[0].audience`, as a person would write it. */
export function renderPath(path: ConfigPath): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
    "",
  );
}
