import { itemsAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { parseCount, type CountCall } from "../../../policy/imports/kyverno-ivp/cel.ts";
import { anyOf, someOf, type Need } from "../../form/need.ts";
import type { Rule, System } from "../../form/system.ts";
import { exactText } from "../../form/text-language.ts";
import { choiceIn, EVERYWHERE, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import type { Field, GateDocument } from "../field.ts";
import { readFailurePolicy } from "../kubernetes/webhooks.ts";
import { headOf, isOfKind, OBJECT_FIELDS, renderNode } from "../object.ts";
import type { GateReader, Reading } from "../reading.ts";
import { readAttestor } from "./attestor.ts";
import { readRegion } from "./match.ts";

const GROUP = "policies.kyverno.io";

/**
 * Kyverno ImageValidatingPolicy: all policies that match hold. Validations are CEL: those that count signatures or
 * attestations are taken apart, every other is one predicate that nobody evaluates here.
 */
export const kyvernoIvpReader: GateReader = {
  engine: "kyverno-ivp",
  name: "kyverno-ivp",
  claims: (document) => isPolicy(document) || isException(document),
  founds: isPolicy,
  concerns: isException,
  read: (reading): System => {
    const nowhere = { file: "", document: 0, pointer: "", line: 1 };
    const exceptions = reading.documents.filter(isException).map((document) => readException(document, reading));
    return {
      id: reading.id,
      engine: "kyverno-ivp",
      rules: [
        ...reading.documents.filter(isPolicy).flatMap((document) => readPolicy(document, exceptions, reading)),
        ...elsewhereRules(exceptions, reading),
      ],
      unmatched: { kind: "admit", origin: nowhere },
      reach: [{ zones: [EVERYWHERE], onError: "deny", origin: nowhere }],
      images: undefined,
      opaque: reading.opaqueTexts,
    };
  },
};

function isPolicy(document: GateDocument): boolean {
  return isOfKind(document, GROUP, "ImageValidatingPolicy", "NamespacedImageValidatingPolicy");
}

function isException(document: GateDocument): boolean {
  return isOfKind(document, GROUP, "PolicyException");
}

type IvpException = { readonly policies: readonly string[]; readonly zone: Zone | undefined };

/** What an exception is for is CEL, or everything: where it is CEL, nobody knows here when it holds. */
function readException(document: GateDocument, reading: Reading): IvpException {
  const spec = reading
    .open(document)
    .only(...OBJECT_FIELDS)
    .at("spec");
  spec.only("policyRefs", "matchConditions", "images", "allowedValues", "reportResult");
  const policies = spec
    .at("policyRefs")
    .items()
    .map((ref) => ref.only("name", "kind").at("name").text() ?? "");
  const conditions = ["matchConditions", "images", "allowedValues"].map((name) => spec.at(name));
  const literals = conditions
    .filter(({ present }) => present)
    .map(({ node, origin }) => reading.opaque("cel", renderNode(node), origin));
  return { policies, zone: toZone(...literals) };
}

/** Policies that exceptions name and neither side has: each asks something that nobody here knows. */
function elsewhereRules(exceptions: readonly IvpException[], reading: Reading): readonly Rule[] {
  const both = [...reading.documents, ...reading.other];
  const here = new Set(both.filter(isPolicy).map((document) => headOf(document).name));
  const named = both
    .filter(isException)
    .flatMap(({ root }) => itemsAt(root, "spec", "policyRefs").flatMap((ref) => textAt(ref, "name") ?? []));
  return [...new Set(named)]
    .filter((name) => !here.has(name))
    .flatMap((name) => {
      const [document] = both;
      const origin = { file: document?.file ?? "", document: document?.document ?? 0, pointer: "", line: 1 };
      const zone = toZone(reading.opaque("policy", name, origin));
      const except = exceptions.filter(({ policies }) => policies.includes(name)).flatMap((one) => one.zone ?? []);
      const title = `policy ${name}, which is elsewhere`;
      return zone
        ? [{ name: title, where: [EVERYWHERE], except, need: someOf(zone, origin), mode: "deny" as const, origin }]
        : [];
    });
}

const SPEC = [
  "validationActions",
  "matchConstraints",
  "matchConditions",
  "matchImageReferences",
  "credentials",
  "images",
  "attestors",
  "attestations",
  "validations",
  "validationConfigurations",
  "failurePolicy",
  "evaluation",
  "variables",
  "auditAnnotations",
  "webhookConfiguration",
  "autogen",
];

function readPolicy(document: GateDocument, exceptions: readonly IvpException[], reading: Reading): readonly Rule[] {
  const root = reading.open(document).only(...OBJECT_FIELDS);
  const spec = root.at("spec").only(...SPEC);
  const { kind, namespace, name } = headOf(document);
  const { where, except } = readRegion(spec, reading);
  const inside = kind === "ImageValidatingPolicy" ? [] : [textIn("namespace", exactText(namespace))];
  const actions = spec.at("validationActions").texts();
  const excepted = exceptions.filter(({ policies }) => policies.includes(name)).flatMap(({ zone }) => zone ?? []);
  const strength = readStrength(spec.at("validationConfigurations"));
  return spec
    .at("validations")
    .items()
    .flatMap((validation, i) =>
      readValidation(validation, { spec, strength, reading }).map(({ need, lists }): Rule => ({
        name: `${kind} ${name}, validation ${i + 1}`,
        where: where.flatMap((zone) => narrow(zone, ...inside, ...lists) ?? []),
        except: [...except, ...excepted],
        need,
        mode: actions.length === 0 || actions.includes("Deny") ? "deny" : actions.includes("Warn") ? "warn" : "audit",
        onError: readFailurePolicy(spec.at("failurePolicy")),
        origin: validation.origin,
      })),
    );
}

function readStrength(settings: Field): readonly Literal[] {
  settings.only("mutateDigest", "verifyDigest", "required");
  return [
    ...(settings.at("verifyDigest").flag() === false ? [] : [choiceIn("strength:digest", ["true"])]),
    ...(settings.at("required").flag() === false ? [] : [choiceIn("strength:recorded", ["true"])]),
  ];
}

type Place = { readonly spec: Field; readonly strength: readonly Literal[]; readonly reading: Reading };
type Validated = { readonly need: Need; readonly lists: readonly Literal[] };

/** A count of signers is about the containers of some lists; images of the others are not looked at by it. */
function readValidation(validation: Field, place: Place): readonly Validated[] {
  validation.only("expression", "message", "messageExpression", "reason");
  const expression = validation.at("expression");
  const count = parseCount(expression.text() ?? "");
  if (!count) {
    const variables = renderNode(place.spec.at("variables").node);
    const zone = toZone(place.reading.opaque("cel", `${expression.text() ?? ""}\n${variables}`, expression.origin));
    return zone ? [{ need: someOf(zone, expression.origin), lists: [] }] : [];
  }
  const needs = count.calls.flatMap((call) => readCall(call, expression, place));
  return [{ need: anyOf(needs), lists: [choiceIn("containerList", count.lists)] }];
}

function readCall(call: CountCall, expression: Field, { spec, strength, reading }: Place): readonly Need[] {
  const kind = call.kind === "signatures" ? [] : readStatement(call.attestation, spec, reading);
  return call.attestors.map((name) => {
    const attestor = spec
      .at("attestors")
      .items()
      .find((one) => one.at("name").text() === name);
    if (!attestor) expression.problem(`attestor ${name} is not in the policy`);
    const zones = attestor ? readAttestor(attestor, reading) : [];
    return anyOf(
      zones.flatMap((zone) => {
        const narrowed = narrow(zone, ...kind, ...strength);
        return narrowed ? [someOf(narrowed, attestor?.origin ?? expression.origin)] : [];
      }),
    );
  });
}

/** With bundles any statement of the signer is a signature there, so only attestations ask for a kind. */
function readStatement(name: string, spec: Field, reading: Reading): readonly Literal[] {
  const attestation = spec
    .at("attestations")
    .items()
    .find((one) => one.at("name").text() === name);
  if (!attestation) {
    spec.at("attestations").problem(`attestation ${name} is not in the policy`);
    return [];
  }
  attestation.only("name", "intoto", "referrer");
  const type = attestation.at("intoto").only("type").at("type").text();
  const { node, origin } = attestation.at("referrer");
  const statement =
    type === undefined
      ? reading.opaque("referrer", renderNode(node), origin)
      : textIn("predicateType", exactText(type));
  return [choiceIn("kind", ["attestation"]), statement];
}
