/** The words that may follow `path`: verbs, choices of arguments, options; and the options that take a value. */
export type Words = {
  readonly path: readonly string[];
  readonly next: readonly Word[];
  readonly valued: readonly Valued[];
};
export type Word = { readonly word: string; readonly summary: string };
/** An option by all its names, and the values that it takes; none: a file, or whatever a person types. */
export type Valued = { readonly names: readonly string[]; readonly choices: readonly string[] };

/**
 * bash 3.2 and newer: a `case` over the words typed so far that are neither options nor their values. After an option that
 * takes a value come its values, or files, and no option.
 */
export function bashScript(words: readonly Words[]): string {
  const takers = [...new Set(words.flatMap(({ valued }) => valued.flatMap(({ names }) => names)))].toSorted();
  return `# bash completion for countersign
_countersign() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path="" word="" before i pair
  local takers=" ${takers.join(" ")} "
  for ((i = 1; i < COMP_CWORD; i++)); do
    before=$word
    word=\${COMP_WORDS[i]}
    case $word in -*) continue ;; esac
    [[ $before == -* && $takers == *" $before "* ]] || path="$path $word"
  done
  local next="" values=""
  case "$path" in
${words.map(bashBranch).toSorted(deepestFirst).join("\n")}
  esac
  for pair in $values; do
    [[ \${pair%%=*} == "$prev" ]] && next=\${pair#*=} && next=\${next//,/ } && prev=""
  done
  if [[ $prev == -* && $takers == *" $prev "* ]]; then next=""; fi
  COMPREPLY=($(compgen -W "$next" -- "$cur"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && compopt -o default 2>/dev/null
  return 0
}
complete -F _countersign countersign
`;
}

/** \`a b\` and all that begins with it; the root alone. */
function bashBranch({ path, next, valued }: Words): string {
  const typed = path.map((word) => ` ${word}`).join("");
  const pattern = path.length === 0 ? '""' : `"${typed}"|"${typed} "*`;
  const values = valued.flatMap(({ names, choices }) =>
    choices.length === 0 ? [] : names.map((name) => `${name}=${choices.join(",")}`),
  );
  return `    ${pattern}) next="${next.map(({ word }) => word).join(" ")}" values="${values.join(" ")}" ;;`;
}

export function zshScript(words: readonly Words[]): string {
  return `#compdef countersign
_countersign() {
  local path="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] || path="$path $word"
  done
  local -a next
  case "$path" in
${words
  .map(
    ({ path, next }) =>
      `    "${path.map((word) => ` ${word}`).join("")}"${path.length > 1 ? "*" : ""}) next=(${next.map((item) => zshWord(item)).join(" ")}) ;;`,
  )
  .toSorted(deepestFirst)
  .join("\n")}
    *) _files; return ;;
  esac
  _describe countersign next || _files
}
compdef _countersign countersign
`;
}

function zshWord({ word, summary }: Word): string {
  return `'${word.replaceAll(":", "\\:")}${summary ? `:${quiet(summary)}` : ""}'`;
}

export function fishScript(words: readonly Words[]): string {
  const lines = words.flatMap(({ path, next, valued }) => {
    const seen =
      path.length === 0
        ? "__fish_use_subcommand"
        : path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    return next.map(({ word, summary }) => {
      const what = word.startsWith("--") ? fishOption(word, valued) : `-a ${word}`;
      return `complete -c countersign -n '${seen}' ${what} -d '${quiet(summary)}'`;
    });
  });
  return `# fish completion for countersign\n${lines.join("\n")}\n`;
}

/** `-x`: one of these; `-r`: a file. */
function fishOption(word: string, valued: readonly Valued[]): string {
  const taker = valued.find(({ names }) => names.includes(word));
  const short = taker?.names.find((name) => !name.startsWith("--"));
  const choices = taker === undefined ? "" : taker.choices.length > 0 ? ` -x -a '${taker.choices.join(" ")}'` : " -r";
  return `-l ${word.slice(2)}${short === undefined ? "" : ` -s ${short.slice(1)}`}${choices}`;
}

export function pwshScript(words: readonly Words[]): string {
  const table = words.map(
    ({ path, next }) => `  '${path.join(" ")}' = @(${next.map(({ word }) => `'${word}'`).join(", ")})`,
  );
  return `# PowerShell completion for countersign
Register-ArgumentCompleter -Native -CommandName countersign -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $next = @{
${table.map((line) => `  ${line}`).join("\n")}
  }
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" } | Where-Object { $_ -notlike '-*' -and $_ -ne $wordToComplete })
  while ($typed.Count -gt 0 -and -not $next.ContainsKey($typed -join ' ')) { $typed = @($typed | Select-Object -SkipLast 1) }
  $next[$typed -join ' '] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`;
}

/** Longer paths first: their pattern ends in \`*\` and a shorter one would take them. */
function deepestFirst(a: string, b: string): number {
  return depth(b) - depth(a);
}

function depth(line: string): number {
  return (/"([^"]*)"/.exec(line)?.[1] ?? "").split(" ").length;
}

/** A summary inside single quotes of a shell. */
function quiet(text: string): string {
  return text.replaceAll("'", "’").replaceAll("\\", "");
}
