import { nodeAt } from "../../../pipelines/definitions/source-node.ts";
import { toHex } from "../../../bytes/hex.ts";
import { parseUtf8 } from "../../../bytes/utf8.ts";
import { sha256 } from "../../../digest.ts";
import { escapeRegex } from "../../../policy/exports/escape-regex.ts";
import { parseDistinguishedName } from "../../../policy/read/distinguished-name.ts";
import { anyOf, NEVER_MET, NOTHING_NEEDED, someOf, type Need } from "../../form/need.ts";
import type { Rule, System } from "../../form/system.ts";
import { anyText, wholeText, type TextLanguage } from "../../form/text-language.ts";
import { choiceIn, EVERYWHERE, narrow, textIn, toZone, type Literal, type Zone } from "../../form/zone.ts";
import { certificateAnchors } from "../anchors.ts";
import type { Field, GateDocument } from "../field.ts";
import type { GateReader, Reading } from "../reading.ts";

/** Notation sees digests alone (`verifier/trustpolicy/oci.go`). */
const IMAGES = "[A-Za-z0-9._:/-]+/[A-Za-z0-9._/-]+@[a-z0-9]+:[0-9a-f]+";
const DIGEST = "@[a-z0-9]+:[0-9a-f]+";

/** Notation trust policy: exactly one statement is for an image, the exact one before `*`; with none it is denied. */
export const notationReader: GateReader = {
  engine: "notation",
  name: "notation",
  claims: isTrustPolicy,
  founds: isTrustPolicy,
  read: (reading): System => {
    const nowhere = { file: "", document: 0, pointer: "", line: 1 };
    const images = wholeText(reading.patterns, `^${IMAGES}$`);
    return {
      id: reading.id,
      engine: "notation",
      rules: reading.documents.flatMap((document) => readDocument(document, reading)),
      unmatched: { kind: "deny", origin: nowhere },
      reach: [{ zones: [EVERYWHERE], onError: "deny", origin: nowhere }],
      images: images.ok ? images.value : undefined,
      opaque: reading.opaqueTexts,
    };
  },
};

function isTrustPolicy({ root }: GateDocument): boolean {
  return nodeAt(root, "kind") === undefined && nodeAt(root, "trustPolicies")?.kind === "list";
}

function readDocument(document: GateDocument, reading: Reading): readonly Rule[] {
  const root = reading.open(document).only("version", "trustPolicies");
  if (root.at("version").text() !== "1.0") root.problem("the version is not 1.0: Notation refuses all of it");
  const kind = /\.(oci|blob)\.json$/.exec(document.file)?.[1] ?? "oci";
  const statements = root.at("trustPolicies").items();
  const taken = statements
    .flatMap((statement) => statement.at("registryScopes").texts())
    .filter((scope) => scope !== "*");
  refuseShared(statements);
  return statements.map((statement) => readStatement(statement, { reading, kind, taken }));
}

/** No two statements share a scope: Notation refuses the document. */
function refuseShared(statements: readonly Field[]): void {
  const seen = new Set<string>();
  for (const field of statements.flatMap((statement) => statement.at("registryScopes").items())) {
    const scope = field.text() ?? "";
    if (seen.has(scope))
      field.problem(`scope ${scope.slice(0, 200)} is in two statements: Notation refuses the document`);
    seen.add(scope);
  }
}

type Place = { readonly reading: Reading; readonly kind: string; readonly taken: readonly string[] };

function readStatement(statement: Field, place: Place): Rule {
  statement.only("name", "registryScopes", "signatureVerification", "trustStores", "trustedIdentities", "globalPolicy");
  const scopes = statement.at("registryScopes").texts();
  const name = statement.at("name").text() ?? "";
  const about = choiceIn("artifact", [place.kind === "blob" ? `blob ${name}` : "oci"]);
  const isWild = scopes.includes("*") || (place.kind === "blob" && scopes.length === 0);
  const images = isWild ? [] : [repositoriesIn(scopes, place.reading)];
  const where = toZone(about, ...images);
  const others = isWild && place.taken.length > 0 ? toZone(repositoriesIn(place.taken, place.reading)) : undefined;
  return {
    name: `statement ${name}`,
    where: where ? [where] : [],
    except: others ? [others] : [],
    need: readNeed(statement, place.reading),
    mode: "deny",
    origin: statement.origin,
  };
}

function repositoriesIn(scopes: readonly string[], { patterns }: Reading): Literal {
  const languages = scopes.flatMap((scope): readonly TextLanguage[] => {
    const read = wholeText(patterns, `^${escapeRegex(scope)}${DIGEST}$`);
    return read.ok ? [read.value] : [];
  });
  const either = anyText(languages);
  return either.ok ? textIn("image", either.value) : choiceIn("artifact", []);
}

const CHECKS = ["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"] as const;
type Check = (typeof CHECKS)[number];
type Action = "enforce" | "log" | "skip";
/** What each level does with a check that fails (Notary Project trust store and trust policy specification). */
const LEVELS: Readonly<Record<string, Readonly<Record<Check, Action>>>> = {
  strict: {
    integrity: "enforce",
    authenticity: "enforce",
    authenticTimestamp: "enforce",
    expiry: "enforce",
    revocation: "enforce",
  },
  permissive: {
    integrity: "enforce",
    authenticity: "enforce",
    authenticTimestamp: "log",
    expiry: "log",
    revocation: "log",
  },
  audit: { integrity: "enforce", authenticity: "log", authenticTimestamp: "log", expiry: "log", revocation: "log" },
};

function readNeed(statement: Field, reading: Reading): Need {
  const verification = statement.at("signatureVerification").only("level", "override", "verifyTimestamp");
  const level = verification.at("level").text() ?? "";
  if (level === "skip") return NOTHING_NEEDED;
  const actions = Object.hasOwn(LEVELS, level) ? LEVELS[level] : undefined;
  if (!actions) {
    verification.at("level").problem(`level ${level.slice(0, 64)} is not strict, permissive, audit or skip`);
    return NEVER_MET;
  }
  const isEnforced = (check: Check): boolean =>
    (overrideOf(verification.at("override"), check) ?? actions[check]) === "enforce";
  verification.at("override").only(...CHECKS);
  const checks = (["authenticTimestamp", "expiry", "revocation"] as const).filter(isEnforced);
  const literals = [
    choiceIn("kind", ["notation-signature"]),
    ...checks.map((check) => choiceIn(`check:${check}`, ["true"])),
    ...readTimestamp(verification, statement, reading),
  ];
  const signers = isEnforced("authenticity") ? readSigners(statement, reading) : [EVERYWHERE];
  return anyOf(
    signers.flatMap((zone) => {
      const narrowed = narrow(zone, ...literals);
      return narrowed ? [someOf(narrowed, statement.at("trustedIdentities").origin)] : [];
    }),
  );
}

function overrideOf(override: Field, check: Check): Action | undefined {
  const action = override.at(check).text();
  if (action === undefined) return undefined;
  if (action === "enforce" || action === "log" || action === "skip") return action;
  override.at(check).problem(`${action.slice(0, 64)} is not enforce, log or skip`);
  return undefined;
}

/** With a store of TSAs signatures are stamped: by whom, and whether the stamp counts while the certificate is valid. */
function readTimestamp(verification: Field, statement: Field, reading: Reading): readonly Literal[] {
  const stores = statement
    .at("trustStores")
    .items()
    .filter((field) => field.text()?.startsWith("tsa:"));
  if (stores.length === 0) return [];
  const when = verification.at("verifyTimestamp").text() ?? "always";
  if (when !== "always" && when !== "afterCertExpiry")
    verification.at("verifyTimestamp").problem(`${when.slice(0, 64)} is not always or afterCertExpiry`);
  const anchors = stores.flatMap((field) => anchorsOf(field, reading));
  return when === "always"
    ? [choiceIn("strength:timestamp", ["true"]), choiceIn("tsa", anchors)]
    : [choiceIn("tsa", ["", ...anchors])];
}

/** The listed attributes all have to be in the subject of the leaf; identities are alternatives. */
function readSigners(statement: Field, reading: Reading): readonly Zone[] {
  const stores = statement
    .at("trustStores")
    .items()
    .filter((field) => !field.text()?.startsWith("tsa:"));
  const root = choiceIn(
    "root",
    stores.flatMap((field) => anchorsOf(field, reading)),
  );
  const identities = statement.at("trustedIdentities").items();
  return identities.flatMap((field) => {
    const literals = readName(field);
    return (literals && toZone(root, ...literals)) ?? [];
  });
}

function readName(field: Field): readonly Literal[] | undefined {
  const text = field.text() ?? "";
  if (text === "*") return [];
  const name = text.startsWith("x509.subject:")
    ? parseDistinguishedName(text.slice("x509.subject:".length))
    : undefined;
  if (!name) {
    field.problem(`${text.slice(0, 200)} is not * or x509.subject: and a distinguished name`);
    return undefined;
  }
  return [...name].map(([attribute, value]) => choiceIn(`dn:${attribute}`, [`=${value}`]));
}

/** What a trust store vouches for: its certificates where the tree has them, its name where not. */
function anchorsOf(field: Field, { blobs, unresolved }: Reading): readonly string[] {
  const store = field.text() ?? "";
  const [type, name] = store.split(":");
  const known = ["ca", "signingAuthority", "tsa"].includes(type ?? "") && name !== undefined && name !== "";
  if (!known) field.problem(`trust store ${store.slice(0, 200)} is not ca:, signingAuthority: or tsa: and a name`);
  const folder = `x509/${type}/${name}/`;
  const files = [...blobs].filter(([path]) => path.startsWith(folder) || path.includes(`/${folder}`));
  if (files.length === 0) return [`store:${store}`];
  return files.flatMap(([path, bytes]) => {
    const anchors = certificateAnchors(parseUtf8(bytes) ?? "");
    if (!anchors) unresolved(field.origin, `${path} is not certificates in PEM`);
    return anchors ?? [`ca:${toHex(sha256(bytes)).slice(0, 32)}`];
  });
}
