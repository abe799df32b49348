import { fieldsAt, textAt } from "../../../pipelines/definitions/source-node.ts";
import { allOf, anyOf, NEVER_MET, NOTHING_NEEDED, someOf, type Need, type Origin } from "../../form/need.ts";
import type { Reach, Rule, System } from "../../form/system.ts";
import { globText, anyText, wholeText } from "../../form/text-language.ts";
import { choiceIn, narrow, textIn, toZone, type Zone } from "../../form/zone.ts";
import type { Field, GateDocument } from "../field.ts";
import { isNamespace, reachOf } from "../kubernetes/namespaces.ts";
import { labelValue, readSelector } from "../kubernetes/selector.ts";
import { isWebhookConfiguration, readWebhooks } from "../kubernetes/webhooks.ts";
import { headOf, isOfKind, OBJECT_FIELDS } from "../object.ts";
import type { GateReader, Reading } from "../reading.ts";
import { readAuthority, readPolicy, type AuthorityPlace } from "./authority.ts";
import { isTrustRoot, readTrustRoots } from "./trust-root.ts";

/** What admission lets patterns see: an image that is a digest (`pkg/webhook/validator.go` `validateContainerImage`). */
const IMAGES = "[A-Za-z0-9._:/-]+/[A-Za-z0-9._/-]+@[a-z0-9]+:[0-9a-f]+";
/** The label by which a namespace opts in, as the engine is installed. */
const OPT_IN = choiceIn("nsLabel:policy.sigstore.dev/include", [labelValue("true")]);

/**
 * sigstore policy-controller: every ClusterImagePolicy that matches an image has to pass, by one of its authorities; an
 * image that none matches is as `no-match-policy` says.
 */
export const policyControllerReader: GateReader = {
  engine: "policy-controller",
  name: "policy-controller",
  claims: (document) =>
    isPolicy(document) ||
    isConfig(document) ||
    isTrustRoot(document) ||
    isNamespace(document) ||
    isOwnWebhook(document),
  founds: (document) => isPolicy(document) || isOwnWebhook(document),
  concerns: (document) => isConfig(document) || isOptedIn(document),
  read: (reading): System => {
    const place: AuthorityPlace = { reading, roots: readTrustRoots(reading) };
    const config = readConfig(reading);
    const images = wholeText(reading.patterns, IMAGES);
    return {
      id: reading.id,
      engine: "policy-controller",
      rules: reading.documents.filter(isPolicy).map((document) => readImagePolicy(document, config, place)),
      unmatched: config.unmatched,
      reach: readReach(reading),
      images: images.ok ? images.value : undefined,
      opaque: reading.opaqueTexts,
    };
  },
};

function isPolicy(document: GateDocument): boolean {
  return isOfKind(document, "policy.sigstore.dev", "ClusterImagePolicy");
}

/** A namespace that says anything about being checked. */
function isOptedIn(document: GateDocument): boolean {
  const labels = fieldsAt(document.root, "metadata", "labels");
  return isNamespace(document) && labels.some(([key]) => key.startsWith("policy.sigstore.dev/"));
}

function isConfig(document: GateDocument): boolean {
  return isOfKind(document, "", "ConfigMap") && headOf(document).name === "config-policy-controller";
}

function isOwnWebhook(document: GateDocument): boolean {
  return isWebhookConfiguration(document) && headOf(document).name.includes("policy.sigstore.dev");
}

/** A side without a registration has the usual one, unless the other side shows that it was taken away. */
function readReach(reading: Reading): readonly Reach[] {
  const own = reading.documents.filter(isOwnWebhook);
  if (own.length > 0) return own.flatMap((document) => readWebhooks(document, reading));
  if (reading.side === "head" && reading.other.some(isOwnWebhook)) return [];
  return [{ zones: reachOf([OPT_IN], reading), onError: "deny", origin: nowhere(reading) }];
}

function nowhere({ documents }: Reading): Origin {
  return { file: documents[0]?.file ?? "", document: 0, pointer: "", line: 1 };
}

type Config = { readonly unmatched: System["unmatched"]; readonly failsEmpty: boolean };

function readConfig(reading: Reading): Config {
  const document = reading.documents.find(isConfig);
  if (!document) return { unmatched: { kind: "deny", origin: nowhere(reading) }, failsEmpty: true };
  const data = reading.open(document).at("data");
  const field = data.at("no-match-policy");
  const word = field.text() ?? "deny";
  if (!["allow", "deny", "warn"].includes(word)) {
    reading.note(field.origin, `no-match-policy ${word.slice(0, 64)} is unknown and denies; write allow, deny or warn`);
  }
  const kind = word === "allow" || word === "warn" ? "admit" : "deny";
  const failsEmpty = data.at("fail-on-empty-authorities").text() !== "false";
  return { unmatched: { kind, origin: field.origin }, failsEmpty };
}

function readImagePolicy(document: GateDocument, config: Config, place: AuthorityPlace): Rule {
  const root = place.reading.open(document).only(...OBJECT_FIELDS);
  const spec = root.at("spec").only("images", "authorities", "mode", "match", "policy");
  const mode = spec.at("mode").text() ?? "enforce";
  if (mode !== "enforce" && mode !== "warn")
    spec.at("mode").problem(`mode ${mode.slice(0, 64)} is not enforce or warn`);
  return {
    name: `ClusterImagePolicy ${textAt(document.root, "metadata", "name") ?? ""}`,
    where: readWhere(spec, place.reading),
    except: [],
    need: readNeed(spec, config, place),
    mode: mode === "warn" ? "warn" : "deny",
    origin: root.origin,
  };
}

function readWhere(spec: Field, reading: Reading): readonly Zone[] {
  const globs = spec
    .at("images")
    .items()
    .flatMap((image) => {
      const field = image.only("glob").at("glob");
      return reading.language(field, globText("pc", field.text() ?? "")) ?? [];
    });
  const images = anyText(globs);
  if (!images.ok) spec.problem("images is empty: the policy matches nothing");
  const image = images.ok ? toZone(textIn("image", images.value)) : undefined;
  if (!image) return [];
  const matches = spec.at("match").items();
  if (matches.length === 0) return [image];
  return matches.flatMap((match) => {
    match.only("group", "version", "resource", "selector");
    const [group, version, resource] = [match.at("group"), match.at("version"), match.at("resource")];
    return (
      narrow(
        image,
        ...(group.present || resource.present ? [choiceIn("apiGroup", [group.text() ?? "core"])] : []),
        ...(version.present ? [choiceIn("apiVersion", [version.text() ?? ""])] : []),
        ...(resource.present ? [choiceIn("resource", [resource.text() ?? ""])] : []),
        ...readSelector(match.at("selector"), "label"),
      ) ?? []
    );
  });
}

function readNeed(spec: Field, { failsEmpty }: Config, place: AuthorityPlace): Need {
  const authorities = spec.at("authorities").items();
  const empty = failsEmpty ? NEVER_MET : NOTHING_NEEDED;
  const signed = authorities.length === 0 ? empty : anyOf(authorities.map((one) => readAuthority(one, place)));
  // A policy over what all authorities found: it is about the whole of the evidence, so it is one more thing to be met.
  const whole = toZone(...readPolicy(spec.at("policy"), place.reading));
  return spec.at("policy").present && whole ? allOf([signed, someOf(whole, spec.at("policy").origin)]) : signed;
}
