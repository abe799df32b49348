import { toServiceAccountSan, type Identity } from "../identity/identity.ts";
import type { JsonValue } from "../json/json.ts";
import { API_VERSION } from "../names.ts";
import { isTimeZone, parseClock, WEEKDAYS, type BuildWindow } from "./build-window.ts";
import { covers, mayOverlap, type RepositoryPattern } from "./pattern.ts";
import { readException } from "./read-exception.ts";
import { readGlobs, readPattern } from "./read-pattern.ts";
import type { ImageFamily, NamespaceMode, TrustPolicy } from "./policy.ts";
import { strictReader, type PolicyProblem, type StrictReader } from "./strict-reader.ts";

export type PolicyContext = {
  /** Issuers by cluster, for identities written as `serviceAccount`. */
  readonly clusterIssuers: Readonly<Record<string, string>>;
};

export type ReadPolicy =
  | { readonly ok: true; readonly policy: TrustPolicy }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

type Authorities = ReadonlyMap<string, readonly Identity[]>;

/**
 * Reads the documents of a policy set: `TrustPolicy` and `TrustException`. Strict: a member that is not known here is
 * refused, never passed over, for a policy read half is a policy loosened. Attestations, patterns of identities,
 * thresholds and keys are not read yet, and so refused.
 */
export function readPolicy(documents: readonly JsonValue[], context: PolicyContext): ReadPolicy {
  const problems: PolicyProblem[] = [];
  const readers = documents.map((document, i) =>
    strictReader(document, documents.length > 1 ? `[${i}]` : "", problems).only(
      "apiVersion",
      "kind",
      "metadata",
      "spec",
    ),
  );
  const parts = readers.map((reader) => readDocument(reader, context));
  const names = parts.flatMap(({ families }) => families.map(({ name }) => name));
  const merged: TrustPolicy = {
    name: parts.map(({ name }) => name).find((name) => name !== "") ?? "",
    families: parts.flatMap(({ families }) => families),
    namespaces: parts.flatMap(({ namespaces }) => namespaces),
    exceptions: parts.flatMap(({ exceptions }) => exceptions),
  };
  for (const name of new Set(names.filter((item, i) => names.indexOf(item) !== i))) {
    problems.push({ id: "TP006", path: "spec.families", message: `family ${name} is defined twice` });
  }
  problems.push(...overlaps(merged.families));
  return problems.length === 0 ? { ok: true, policy: merged } : { ok: false, problems };
}

function readDocument(reader: StrictReader, context: PolicyContext): TrustPolicy {
  const kind = reader.at("kind").text();
  const name = reader.at("metadata").only("name", "namespace", "annotations", "labels").at("name").text();
  if (reader.at("apiVersion").text() !== API_VERSION) {
    reader.at("apiVersion").problem("TP005", `apiVersion is not ${API_VERSION}`);
  }
  const none = { name: "", families: [], namespaces: [], exceptions: [] };
  if (kind === "TrustException") return { ...none, exceptions: [readException(reader.at("spec"), name)] };
  if (kind === "TrustPolicy") return { ...none, ...readTrustPolicy(reader.at("spec"), context), name };
  reader.at("kind").problem("TP005", `kind ${kind} is not read here`);
  return none;
}

function readTrustPolicy(spec: StrictReader, context: PolicyContext): Pick<TrustPolicy, "families" | "namespaces"> {
  spec.only("revision", "default", "enforcement", "authorities", "families");
  const revision = spec.at("revision");
  if (
    revision.present &&
    !(typeof revision.value === "number" && Number.isSafeInteger(revision.value) && revision.value > 0)
  ) {
    revision.problem("TP004", "revision is not a whole number from 1 up");
  }
  if (spec.at("default").present && spec.at("default").value !== "deny") {
    spec.at("default").problem("TP004", "only default: deny is read here");
  }
  const authorities: Authorities = new Map(
    spec
      .at("authorities")
      .members()
      .map(([name, authority]) => [name, readAuthority(authority, context)]),
  );
  const enforcement = spec.at("enforcement");
  if (enforcement.present) enforcement.only("default", "namespaces", "exempt");
  return {
    families: spec
      .at("families")
      .items()
      .map((family) => readFamily(family, authorities)),
    namespaces: [
      ...enforcement
        .at("exempt")
        .items()
        .map((item) => readExempt(item)),
      ...enforcement
        .at("namespaces")
        .items()
        .map((item) => readMode(item)),
    ],
  };
}

function readAuthority(authority: StrictReader, context: PolicyContext): readonly Identity[] {
  const sigstore = authority.only("sigstore").at("sigstore").only("root", "identities");
  const identities = sigstore.at("identities").items();
  if (identities.length === 0) sigstore.problem("TP201", `${sigstore.path} names no identity`);
  return identities.map((identity) => readIdentity(identity, context));
}

const SAN_KINDS = { uri: "uri", email: "email", other: "other-name" } as const;

function readIdentity(identity: StrictReader, context: PolicyContext): Identity {
  const account = identity.at("serviceAccount");
  if (account.present) {
    identity.only("serviceAccount");
    return readServiceAccount(account, context);
  }
  identity.only("issuer", "san");
  return { issuer: readIssuer(identity), ...readSan(identity) };
}

function readServiceAccount(account: StrictReader, { clusterIssuers }: PolicyContext): Identity {
  account.only("cluster", "namespace", "name");
  const cluster = account.at("cluster").text();
  const issuer = Object.hasOwn(clusterIssuers, cluster) ? clusterIssuers[cluster] : undefined;
  if (issuer === undefined) account.problem("TP212", `no issuer is configured for cluster ${cluster}`);
  const name = { namespace: account.at("namespace").text(), serviceAccount: account.at("name").text() };
  return { issuer: issuer ?? "", san: toServiceAccountSan(name), sanType: "uri" };
}

function readIssuer(identity: StrictReader): string {
  const issuer = identity.at("issuer");
  if (!issuer.present) {
    identity.problem("TP201", "identity without issuer");
    return "";
  }
  const text = issuer.text();
  if (!/^https:\/\/[^?#@\s]+$/.test(text)) issuer.problem("TP208", "the issuer is no https URL");
  return text;
}

function readSan(identity: StrictReader): Pick<Identity, "san" | "sanType"> {
  const names = identity
    .at("san")
    .only(...Object.keys(SAN_KINDS))
    .members();
  const [named] = names;
  if (!named || names.length > 1) identity.problem("TP202", `${names.length} names where one is due`);
  const [kind, reader] = named ?? ["uri", undefined];
  const san = reader?.text() ?? "";
  if (/[%\s]|\.\.|[^\x20-\x7e]/.test(san)) reader?.problem("TP209", "no Fulcio issues such a name");
  if (/[*?]/.test(san)) reader?.problem("TP207", "a wildcard in an exact name; patterns are not read here");
  return { san, sanType: kind === "email" || kind === "other" ? SAN_KINDS[kind] : SAN_KINDS.uri };
}

function readFamily(family: StrictReader, authorities: Authorities): ImageFamily {
  family.only("name", "images", "except", "require", "time");
  const images = family.at("images").items().flatMap(readPattern);
  const except = family.at("except").items().flatMap(readPattern);
  const isEmpty = images.every((image) => except.some((pattern) => covers(pattern, image)));
  if (isEmpty) family.problem("TP106", "family matches nothing");
  for (const pattern of except) {
    if (!images.some((image) => mayOverlap(image, pattern))) family.problem("TP105", `except ${pattern} never matches`);
  }
  const time = family.at("time");
  if (time.present) time.only("windows", "outside");
  if (time.at("outside").present && time.at("outside").value !== "flag") {
    time.at("outside").problem("TP004", "only outside: flag is read here");
  }
  return {
    name: family.at("name").text(),
    images,
    except,
    identities: readRequirement(family.at("require"), authorities),
    windows: time.at("windows").items().flatMap(readWindow),
  };
}

/** One signature by one authority, or `any` of several. A conjunction means more than a list of identities can say. */
function readRequirement(require: StrictReader, authorities: Authorities): readonly Identity[] {
  const terms = require.items();
  const [only] = terms;
  if (!only) require.problem("TP401", "empty requirement");
  if (terms.length > 1) require.problem("TP406", "more than one term of a requirement is not read here");
  if (!only) return [];
  const signatures = only.at("any").present ? only.only("any").at("any").items() : [only];
  return signatures.flatMap((term) => {
    const name = term.only("signature").at("signature").text();
    const found = authorities.get(name);
    if (!found) term.problem("TP214", `unknown authority ${name}`);
    return found ?? [];
  });
}

function readWindow(window: StrictReader): readonly BuildWindow[] {
  window.only("days", "from", "to", "zone");
  const days = window
    .at("days")
    .items()
    .flatMap((item) => WEEKDAYS.find((day) => day === item.text()) ?? []);
  const fromMinute = parseClock(window.at("from").text());
  const toMinute = parseClock(window.at("to").text());
  const zone = window.at("zone").text();
  if (!isTimeZone(zone)) window.at("zone").problem("TP501", `unknown time zone ${zone}`);
  const isEmpty = days.length === 0 || days.length !== window.at("days").items().length || fromMinute === toMinute;
  if (fromMinute === undefined || toMinute === undefined || isEmpty) {
    window.problem("TP502", "a window needs days (Mon … Sun) and two different times (HH:MM)");
    return [];
  }
  return [{ days, fromMinute, toMinute, zone }];
}

function readMode(item: StrictReader): NamespaceMode {
  item.only("match", "mode", "owner", "reason", "until");
  const mode = item.at("mode").text();
  if (mode !== "audit" && mode !== "enforce") item.at("mode").problem("TP004", "mode is audit or enforce");
  const until = item.at("until").present ? item.at("until").time() : undefined;
  if (mode === "audit" && until === undefined) item.problem("TP504", "audit without until");
  return { ...readNames(item), mode: mode === "audit" ? "audit" : "enforce", ...(until !== undefined && { until }) };
}

function readExempt(item: StrictReader): NamespaceMode {
  item.only("match", "owner", "reason");
  if (!item.at("owner").present || !item.at("reason").present) item.problem("TP505", "exempt without owner or reason");
  const names = readNames(item);
  if (names.match.some((glob) => /^\*+$/.test(glob))) item.problem("TP505", "exempt from everything");
  return { ...names, mode: "exempt" };
}

function readNames(item: StrictReader): Pick<NamespaceMode, "match" | "owner" | "reason"> {
  const reason = item.at("reason").present ? item.at("reason").text() : "";
  return { match: readGlobs(item.at("match")), owner: item.at("owner").present ? item.at("owner").text() : "", reason };
}

/** Families are disjoint, so that adding one can never loosen another (TP104). */
function overlaps(families: readonly ImageFamily[]): readonly PolicyProblem[] {
  return families.flatMap((a, i) =>
    families.slice(i + 1).flatMap((b) => {
      const pair = a.images.flatMap((left) => b.images.map((right) => ({ left, right })));
      const witness = pair.find(
        ({ left, right }) => mayOverlap(left, right) && !isExcepted(a, right) && !isExcepted(b, left),
      );
      return witness
        ? [
            {
              id: "TP104",
              path: "spec.families",
              message: `families ${a.name} and ${b.name} overlap: ${witness.left}, ${witness.right}`,
            },
          ]
        : [];
    }),
  );
}

function isExcepted(family: ImageFamily, pattern: RepositoryPattern): boolean {
  return family.except.some((except) => covers(except, pattern));
}
