import { malformed, parsed, type Parsed } from "../parsed.ts";
import { parseIdentities, type IdentitiesCode, type TrustedIdentities } from "./identities.ts";

/** What is checked of a signature, in this order (Notary Project trust-store-trust-policy, `Signature Verification details`). */
export const CHECKS = ["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"] as const;
export type NotationCheck = (typeof CHECKS)[number];

export type CheckAction = "enforce" | "log" | "skip";
export type NotationLevel = "strict" | "permissive" | "audit" | "skip";
export type StoreType = "ca" | "signingAuthority" | "tsa";
export type StoreName = { readonly type: StoreType; readonly name: string };

/** What one trust-policy statement demands, read and expanded. */
export type NotationRules = {
  readonly name: string;
  readonly level: NotationLevel;
  readonly actions: Readonly<Record<NotationCheck, CheckAction>>;
  readonly stores: readonly StoreName[];
  readonly identities: TrustedIdentities;
  readonly verifyTimestamp: "always" | "afterCertExpiry";
};

export type RulesCode = IdentitiesCode | "level" | "override" | "store-name" | "store-none" | "timestamp-option";

/** A statement as it is written, before anything in it is believed. */
export type RulesText = {
  readonly name: string;
  readonly level: string;
  readonly overrides: Readonly<Record<string, string>>;
  readonly stores: readonly string[];
  readonly identities: readonly string[];
  readonly verifyTimestamp: string;
};

const LEVELS: Readonly<
  Record<NotationLevel, readonly [CheckAction, CheckAction, CheckAction, CheckAction, CheckAction]>
> = {
  strict: ["enforce", "enforce", "enforce", "enforce", "enforce"],
  permissive: ["enforce", "enforce", "log", "log", "log"],
  audit: ["enforce", "log", "log", "log", "log"],
  skip: ["skip", "skip", "skip", "skip", "skip"],
};

/** Reads what a statement says, and refuses what the Notary Project's rules refuse. */
export function readRules(text: RulesText): Parsed<NotationRules, RulesCode> {
  const level = parseLevel(text.level);
  if (!level) return malformed("level", `level ${JSON.stringify(text.level.slice(0, 40))}`);
  const actions = readActions(level, text.overrides);
  if (!actions.ok) return actions;
  const { verifyTimestamp } = text;
  if (verifyTimestamp !== "always" && verifyTimestamp !== "afterCertExpiry") {
    return malformed("timestamp-option", "verifyTimestamp is neither always nor afterCertExpiry");
  }
  const frame = { name: text.name, level, actions: actions.value, verifyTimestamp } as const;
  if (level === "skip") {
    return text.stores.length + text.identities.length === 0
      ? parsed({ ...frame, stores: [], identities: [] })
      : malformed("level", "skip with trust stores or identities");
  }
  const stores = readStores(text.stores);
  if (!stores.ok) return stores;
  const identities = parseIdentities(text.identities);
  return identities.ok ? parsed({ ...frame, stores: stores.value, identities: identities.value }) : identities;
}

function parseLevel(text: string): NotationLevel | undefined {
  return text === "strict" || text === "permissive" || text === "audit" || text === "skip" ? text : undefined;
}

type Actions = NotationRules["actions"];

function readActions(level: NotationLevel, overrides: Readonly<Record<string, string>>): Parsed<Actions, RulesCode> {
  const [integrity, authenticity, authenticTimestamp, expiry, revocation] = LEVELS[level];
  const actions = { integrity, authenticity, authenticTimestamp, expiry, revocation };
  for (const [name, text] of Object.entries(overrides)) {
    const check = CHECKS.find((known) => known === name);
    const action = parseAction(text);
    const isAllowed = level !== "skip" && check !== "integrity" && (action !== "skip" || check === "revocation");
    if (!check || !action || !isAllowed) {
      return malformed(
        "override",
        `${JSON.stringify(name.slice(0, 40))} cannot be ${JSON.stringify(text.slice(0, 40))}`,
      );
    }
    actions[check] = action;
  }
  return parsed(actions);
}

function parseAction(text: string): CheckAction | undefined {
  return text === "enforce" || text === "log" || text === "skip" ? text : undefined;
}

/** It becomes the name of a folder, so it is nothing that leads out of one. */
const STORE_NAME = /^(ca|signingAuthority|tsa):([a-zA-Z0-9_.-]{1,128})$/;

function readStores(texts: readonly string[]): Parsed<readonly StoreName[], RulesCode> {
  const stores = texts.map(parseStoreName);
  const bad = stores.indexOf(undefined);
  if (bad >= 0) return malformed("store-name", `${JSON.stringify(texts[bad]?.slice(0, 60))} is no trust store`);
  const known = stores.flatMap((store) => store ?? []);
  return known.some(({ type }) => type !== "tsa")
    ? parsed(known)
    : malformed("store-none", "no trust store of certificate authorities");
}

/** Parses `ca:name`, `signingAuthority:name` or `tsa:name`. */
function parseStoreName(text: string): StoreName | undefined {
  const [, kind, name] = STORE_NAME.exec(text) ?? [];
  const type = kind === "ca" || kind === "signingAuthority" || kind === "tsa" ? kind : undefined;
  return type && name !== undefined && !/^\.+$/.test(name) ? { type, name } : undefined;
}
