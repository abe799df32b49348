import type { ScriptCommand, ScriptFacts } from "../../../pipelines/script/script-facts.ts";
import { placeInText } from "../../../pipelines/definitions/source-node.ts";
import { baseName, type StepScript } from "../../calls.ts";
import { found, type LintRule, type RuleFinding } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const remoteCode: LintRule = {
  id: "remote-code",
  code: "INJ-06",
  severity: "high",
  source: ["CWE-494", "SLSA v1.1, Build threats"],
  reach: "step",
  check: ({ bodies }) => bodies.flatMap(({ scripts }) => scripts.flatMap(checkScript)),
};

const DOWNLOADERS = new Set(["curl", "wget"]);
const INTERPRETERS = new Set([
  "sh",
  "bash",
  "dash",
  "ash",
  "zsh",
  "python",
  "python3",
  "node",
  "perl",
  "ruby",
  "source",
  ".",
]);
const CHECKERS = /^(?:sha(?:256|512)sum|shasum|gpg|cosign|minisign|openssl)$/;

function checkScript(script: StepScript): readonly RuleFinding[] {
  const { facts } = script;
  if (!facts) return [];
  return facts.commands.flatMap((command) => {
    const from = pipedDownload(command, facts) ?? substituted(command) ?? executed(command, facts);
    return from === undefined ? [] : [said(script, command, from)];
  });
}

/** `curl … | sh`, with anything in between. */
function pipedDownload(command: ScriptCommand, { commands }: ScriptFacts): string | undefined {
  if (
    !INTERPRETERS.has(nameOf(command)) &&
    !(nameOf(command) === "sudo" && INTERPRETERS.has(command.words[1]?.value ?? ""))
  )
    return undefined;
  let at = command.readsFrom;
  while (at !== undefined) {
    const before = commands[at];
    if (before && DOWNLOADERS.has(nameOf(before))) return nameOf(before);
    at = before?.readsFrom;
  }
  return undefined;
}

/** `bash <(curl …)`, `sh -c "$(curl …)"`, `eval "$(curl …)"`. */
function substituted(command: ScriptCommand): string | undefined {
  const name = nameOf(command);
  const isRun = name === "eval" || INTERPRETERS.has(name);
  const inner = command.words
    .flatMap(({ expansions }) => expansions)
    .find((part) => (part.kind === "command" || part.kind === "process") && DOWNLOADERS.has(baseName(part.name)));
  return isRun && inner ? baseName(inner.name) : undefined;
}

/** A file that was downloaded is run, and nothing in the script looks at its digest or signature. */
function executed(command: ScriptCommand, { commands }: ScriptFacts): string | undefined {
  if (commands.some((one) => CHECKERS.test(nameOf(one)))) return undefined;
  const files = commands.filter((one) => DOWNLOADERS.has(nameOf(one))).flatMap(targetsOf);
  const name = nameOf(command);
  const isMarked = name === "chmod" && command.words.some(({ value }) => /\+x|^[0-7]*[1357][0-7]*$/.test(value));
  const isRun = isMarked || name === "install" || INTERPRETERS.has(name);
  const file = files.find((target) => isRun && command.words.slice(1).some(({ value }) => value === target));
  return (
    file ?? files.find((target) => command.words[0]?.value === target || command.words[0]?.value === `./${target}`)
  );
}

/** Where a download is written: `-o FILE`, `-O FILE` of wget, `> FILE`. */
function targetsOf(command: ScriptCommand): readonly string[] {
  const flag = nameOf(command) === "wget" ? /^(?:-[a-zA-Z]*O|--output-document)$/ : /^(?:-[a-zA-Z]*o|--output)$/;
  const at = command.words.findIndex(({ value }) => flag.test(value));
  const named = at > 0 ? command.words[at + 1]?.value : undefined;
  const redirected = command.redirects.filter(({ operator }) => operator === ">").map(({ target }) => target.value);
  return [...(named === undefined ? [] : [named]), ...redirected].filter(
    (file) => file !== "-" && file !== "/dev/null",
  );
}

function nameOf({ words }: ScriptCommand): string {
  return baseName(words[0]?.value ?? "");
}

function said({ scalar }: StepScript, command: ScriptCommand, from: string): RuleFinding {
  return found(scalar, {
    at: placeInText(scalar, command.offset),
    message: `What is run here was just downloaded (${from.slice(0, 100)}), and nothing says that it is what it was yesterday.`,
    fix: "Put the program into the image, or compare its digest (`sha256sum -c`) before it runs.",
  });
}
