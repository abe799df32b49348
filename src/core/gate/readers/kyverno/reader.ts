import type { Reach, Rule, System } from "../../form/system.ts";
import { itemsAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { NEVER_MET, someOf } from "../../form/need.ts";
import { exactText, wholeText } from "../../form/text-language.ts";
import { EVERYWHERE, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { Field, GateDocument } from "../field.ts";
import { headOf, isOfKind, OBJECT_FIELDS, renderNode } from "../object.ts";
import { readFailurePolicy } from "../kubernetes/webhooks.ts";
import { readSelector } from "../kubernetes/selector.ts";
import type { GateReader, Reading } from "../reading.ts";
import { isConfig, readConfig, type KyvernoConfig } from "./config.ts";
import { isException, matches, readException, type KyvernoException } from "./exception.ts";
import { globsIn, readMatch } from "./match.ts";
import { readVerification } from "./verify-images.ts";

/** Kyverno ClusterPolicy and Policy with `verifyImages`: every entry of every rule that matches has to hold; what none matches is let in. */
export const kyvernoReader: GateReader = {
  engine: "kyverno",
  name: "kyverno",
  claims: (document) => isPolicy(document) || isException(document) || isConfig(document),
  founds: isPolicy,
  concerns: (document) => isException(document) || isConfig(document),
  read: (reading): System => {
    const exceptions = reading.documents.filter(isException).map((one) => readException(one, reading));
    const config = readConfig(reading);
    const policies = reading.documents.filter(isPolicy);
    const nowhere = { file: "", document: 0, pointer: "", line: 1 };
    return {
      id: reading.id,
      engine: "kyverno",
      rules: [
        ...policies.flatMap((document) => readPolicy(document, { reading, exceptions, config })),
        ...elsewhereRules({ reading, exceptions, config }),
      ],
      unmatched: { kind: "admit", origin: nowhere },
      reach: [{ zones: [EVERYWHERE], onError: "deny", origin: nowhere }],
      images: undefined,
      opaque: reading.opaqueTexts,
    };
  },
};

function isPolicy(document: GateDocument): boolean {
  return isOfKind(document, "kyverno.io", "ClusterPolicy", "Policy");
}

type Place = {
  readonly reading: Reading;
  readonly exceptions: readonly KyvernoException[];
  readonly config: KyvernoConfig;
};
/**
 * Policies that exceptions name and neither side has, and all of them where there is only the ConfigMap: each asks
 * something that nobody here knows, of everything but what is taken out.
 */
function elsewhereRules({ reading, exceptions, config }: Place): readonly Rule[] {
  const both = [...reading.documents, ...reading.other];
  const here = both.filter(isPolicy).map((document) => {
    const { kind, namespace, name } = headOf(document);
    return kind === "Policy" ? `${namespace}/${name}` : name;
  });
  const named = both.filter(isException).flatMap(policiesOf);
  const missing = [...new Set(named)].filter((glob) => !here.some((name) => matches(glob, name)));
  const names = here.length === 0 && missing.length === 0 && both.some(isConfig) ? ["*"] : missing;
  return names.flatMap((name) => {
    const [document] = [...reading.documents, ...reading.other];
    const origin = { file: document?.file ?? "", document: document?.document ?? 0, pointer: "", line: 1 };
    const zone = toZone(reading.opaque("policy", name, origin));
    const where = toZone(...config.where) ?? EVERYWHERE;
    const taken = exceptions.filter(({ policies }) => policies.includes(name)).flatMap(({ zones }) => zones);
    if (!zone) return [];
    const title = `policy ${name}, which is elsewhere`;
    const need = someOf(zone, origin);
    return [{ name: title, where: [where], except: [...config.except, ...taken], need, mode: "deny" as const, origin }];
  });
}

function policiesOf({ root }: GateDocument): readonly string[] {
  return itemsAt(root, "spec", "exceptions").flatMap((one) => textAt(one, "policyName") ?? []);
}

const SPEC = [
  "validationFailureAction",
  "validationFailureActionOverrides",
  "failurePolicy",
  "webhookTimeoutSeconds",
  "webhookConfiguration",
  "background",
  "schemaValidation",
  "applyRules",
  "admission",
  "emitWarning",
  "generateExisting",
  "generateExistingOnPolicyUpdate",
  "mutateExistingOnPolicyUpdate",
  "useServerSideApply",
  "rules",
];

function readPolicy(document: GateDocument, place: Place): readonly Rule[] {
  const root = place.reading.open(document).only(...OBJECT_FIELDS);
  const spec = root.at("spec").only(...SPEC);
  const { kind, namespace, name } = headOf(document);
  const settings = readSettings(spec, place.reading);
  const inside = kind === "Policy" ? [textIn("namespace", exactText(namespace))] : [];
  // Rules about other things than images demand nothing of them.
  const rules = spec
    .at("rules")
    .items()
    .filter((rule) => rule.at("verifyImages").present);
  if (spec.at("admission").flag() === false) return [];
  const one = spec.at("applyRules").text() === "One" && rules.length > 1;
  const order = one ? [place.reading.opaque("applyRules", renderNode(spec.at("rules").node), spec.origin)] : [];
  return rules.flatMap((rule) =>
    readRule(rule, {
      ...place,
      settings: { ...settings, where: [...settings.where, ...inside, ...order] },
      name: kind === "Policy" ? `${namespace}/${name}` : name,
      title: `${kind} ${name}`,
    }),
  );
}

type Settings = {
  readonly spec: Field;
  readonly action: string;
  readonly onError: Reach["onError"];
  readonly where: readonly Literal[];
};

function readSettings(spec: Field, reading: Reading): Settings {
  const webhook = spec.at("webhookConfiguration").only("failurePolicy", "timeoutSeconds", "matchConditions");
  const policy = webhook.at("failurePolicy").present ? webhook.at("failurePolicy") : spec.at("failurePolicy");
  const conditions = webhook.at("matchConditions");
  return {
    spec,
    action: spec.at("validationFailureAction").text() ?? "Audit",
    onError: readFailurePolicy(policy),
    where: conditions.present ? [reading.opaque("cel", renderNode(conditions.node), conditions.origin)] : [],
  };
}

type RulePlace = Place & { readonly settings: Settings; readonly name: string; readonly title: string };

const RULE = [
  "name",
  "context",
  "match",
  "exclude",
  "imageExtractors",
  "preconditions",
  "celPreconditions",
  "skipBackgroundRequests",
  "verifyImages",
  "reportProperties",
];

function readRule(rule: Field, place: RulePlace): readonly Rule[] {
  rule.only(...RULE);
  const { reading, exceptions, config, settings } = place;
  const name = rule.at("name").text() ?? "";
  // What decides whether the rule looks at all, and is not evaluated here.
  const opaque = ["context", "imageExtractors", "preconditions", "celPreconditions"]
    .map((member) => rule.at(member))
    .filter(({ present }) => present)
    .map(({ node, origin }) => reading.opaque("precondition", renderNode(node), origin));
  const where = readMatch(rule.at("match"), reading).flatMap(
    (zone) => narrow(zone, ...settings.where, ...opaque, ...config.where) ?? [],
  );
  const except = [
    ...readMatch(rule.at("exclude"), reading),
    ...config.except,
    ...exceptions.filter(({ isFor }) => isFor(place.name, name)).flatMap(({ zones }) => zones),
  ];
  return rule
    .at("verifyImages")
    .items()
    .flatMap((entry) => readEntry(entry, { place, where, except, title: `${place.title}, rule ${name}` }));
}

type EntryPlace = {
  readonly place: RulePlace;
  readonly where: readonly Zone[];
  readonly except: readonly Zone[];
  readonly title: string;
};

function readEntry(entry: Field, { place, where, except, title }: EntryPlace): readonly Rule[] {
  const { reading, settings } = place;
  const [references, skipped] = [entry.at("imageReferences"), entry.at("skipImageReferences")];
  const image = globsIn("image", [
    ...references.texts(),
    ...(entry.at("image").text() ? [entry.at("image").text() ?? ""] : []),
  ]);
  const seen = image.length === 0 ? [] : where.flatMap((zone) => narrow(zone, ...image) ?? []);
  const skip = globsIn("image", skipped.texts());
  const skipZone = skip.length > 0 ? toZone(...skip) : undefined;
  const variable = [...references.texts(), ...skipped.texts()].find((text) => text.includes("{{"));
  const unknown = variable === undefined ? [] : [reading.opaque("variable", variable, references.origin)];
  const base = {
    name: title,
    except: [...except, ...(skipZone ? [skipZone] : [])],
    need: readVerification(entry, reading),
    onError: settings.onError,
    origin: entry.origin,
  };
  const zones = seen.flatMap((zone) => narrow(zone, ...unknown) ?? []);
  const enforced = byAction(entry, settings).flatMap(({ literals, except: taken, mode }) => ({
    ...base,
    mode,
    where: zones.flatMap((zone) => narrow(zone, ...literals) ?? []),
    except: [...base.except, ...taken],
  }));
  return [...enforced, ...digestRule(entry, { ...base, where: zones }, reading)];
}

type Action = { readonly mode: Rule["mode"]; readonly literals: readonly Literal[]; readonly except: readonly Zone[] };

/** The action of the entry, else of the first override for the namespace, else of the policy. */
function byAction(entry: Field, { spec, action }: Settings): readonly Action[] {
  const own = entry.at("failureAction").text();
  if (own !== undefined) return [{ mode: modeOf(own, entry), literals: [], except: [] }];
  const taken: Zone[] = [];
  const overrides = spec
    .at("validationFailureActionOverrides")
    .items()
    .flatMap((override): readonly Action[] => {
      override.only("action", "namespaces", "namespaceSelector");
      const literals = [
        ...globsIn("namespace", override.at("namespaces").texts()),
        ...readSelector(override.at("namespaceSelector"), "nsLabel"),
      ];
      const made: Action = { mode: modeOf(override.at("action").text() ?? "", override), literals, except: [...taken] };
      const zone = toZone(...literals);
      if (zone) taken.push(zone);
      return [made];
    });
  return [...overrides, { mode: modeOf(action, spec), literals: [], except: taken }];
}

function modeOf(action: string, field: Field): Rule["mode"] {
  const word = action.toLowerCase();
  if (word !== "enforce" && word !== "audit")
    field.problem(`failure action ${action.slice(0, 64)} is not Enforce or Audit`);
  return word === "enforce" ? "deny" : "audit";
}

const DIGEST = ".*@[a-z0-9]+:[0-9a-f]+";

/** Where digests are checked and not filled in, an image by tag is refused. */
function digestRule(entry: Field, base: Omit<Rule, "mode">, reading: Reading): readonly Rule[] {
  const isChecked = entry.at("verifyDigest").flag() !== false;
  const isFilled = entry.at("mutateDigest").flag() !== false;
  const pinned = wholeText(reading.patterns, DIGEST);
  if (!isChecked || isFilled || !pinned.ok) return [];
  const byTag: Literal = { dimension: "image", set: { kind: "text", inside: [], outside: [pinned.value] } };
  const where = base.where.flatMap((zone) => narrow(zone, byTag) ?? []);
  return [{ ...base, name: `${base.name}, digest`, where, need: NEVER_MET, mode: "deny" }];
}
