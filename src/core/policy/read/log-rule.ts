import { lookUp } from "../look-up.ts";
import type { LogRule, TimeSourceRule } from "../trust-policy.ts";
import type { PolicyContext, TrustDomainKnowledge } from "./context.ts";
import type { Field } from "./field.ts";
import { choiceOf, fullListOf, nameOf, textOf, wholeOf } from "./scalars.ts";

/** trust-policy chapter §1.3, `log.min` and `time.min`. */
const LOGS_MIN_MAX = 4;
const TIMES_MIN_MAX = 2;

/** Reads what logs must prove: TP302, TP303, TP304. */
export function readLogRule(field: Field, root: string, context: PolicyContext): LogRule {
  field.only("logs", "proof", "reason", "witnesses", "min", "root");
  const proof = choiceOf(field.at("proof"), ["inclusion", "promise"]);
  const reason = field.at("reason");
  if (proof === "promise" && !reason.present) {
    field.at("proof").problem("TP304", "a promise is taken for a proof, and nothing says why");
  }
  const witnesses = field.at("witnesses");
  return {
    logs: namesOf(
      field.at("logs"),
      domainOf(root, context)?.logs?.map(({ name }) => name),
      {
        id: "TP302",
        what: `a log of root ${root}`,
      },
    ),
    proof,
    ...(reason.present && { reason: textOf(reason) }),
    ...(witnesses.present && { witnesses: readWitnesses(witnesses, context) }),
    min: wholeOf(field.at("min"), { min: 1, max: LOGS_MIN_MAX }) ?? 1,
  };
}

function readWitnesses(field: Field, context: PolicyContext): NonNullable<LogRule["witnesses"]> {
  field.only("of", "quorum");
  const of = namesOf(field.at("of"), context.witnesses, { id: "TP303", what: "a witness of the configuration" });
  const quorum = field.at("quorum");
  const count = wholeOf(quorum, { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  const distinct = new Set(of);
  if (count < 1 || count > distinct.size) {
    quorum.problem("TP303", `a quorum of ${count || "nothing"} among ${distinct.size} witnesses`);
  }
  return { of: [...distinct], quorum: count };
}

/** Reads who may say when: TP306. */
export function readTimeSources(field: Field, root: string, context: PolicyContext): TimeSourceRule {
  field.only("sources", "min", "tsas");
  const sources = readSources(field.at("sources"));
  const known = domainOf(root, context)?.tsas;
  if (known?.length === 0 && !sources.includes("log")) {
    field.problem("TP306", `root ${root} has no timestamp authority, and nothing else may state the time`);
  }
  return {
    sources,
    min: wholeOf(field.at("min"), { min: 1, max: TIMES_MIN_MAX }) ?? 1,
    tsas: namesOf(field.at("tsas"), known, { id: "TP306", what: `a timestamp authority of root ${root}` }),
  };
}

function readSources(field: Field): TimeSourceRule["sources"] {
  if (!field.present) return ["tsa", "log"];
  const items = fullListOf(field, 2);
  for (const item of items) {
    if (item.value !== "tsa" && item.value !== "log") item.problem("TP007", `${item.path} is not tsa or log`);
  }
  return (["tsa", "log"] as const).filter((source) => items.some(({ value }) => value === source));
}

type Names = { readonly id: "TP302" | "TP303" | "TP306"; readonly what: string };

/** Names that must be among the known ones, where those are known. */
function namesOf(field: Field, known: readonly string[] | undefined, { id, what }: Names): readonly string[] {
  return fullListOf(field).flatMap((item) => {
    const name = nameOf(item);
    const isUnknown = name !== "" && known?.includes(name) === false;
    if (isUnknown) item.problem(id, `${name} is not ${what}`, `Known: ${known?.join(", ") || "none"}.`);
    return name === "" ? [] : [name];
  });
}

function domainOf(root: string, { domains }: PolicyContext): TrustDomainKnowledge | undefined {
  return lookUp(domains, root);
}
