import type { JsonObject } from "../../../json/json.ts";
import type { ExchangeContext } from "../../exports/engine.ts";
import { decodeText, domainOfChains, logNames, toCertificates, toSpkis, type NamedDomain } from "../material.ts";
import { objectAt, objectsAt, textAt } from "../members.ts";

/** A trust domain as a TrustRoot object has it, perhaps without some of its logs. */
export type RootRef = NamedDomain & { readonly logs: readonly string[] };

/** Finds the trust domains that TrustRoot objects stand for, by their keys and certificates. */
export function readTrustRoots(objects: readonly JsonObject[], context: ExchangeContext): ReadonlyMap<string, RootRef> {
  const roots = objects.flatMap((object) => {
    const root = readTrustRoot(objectAt(object, "spec"), context);
    const name = textAt(objectAt(object, "metadata"), "name");
    return root && name !== undefined ? [[name, root] as const] : [];
  });
  return new Map(roots);
}

function readTrustRoot(spec: JsonObject, context: ExchangeContext): RootRef | undefined {
  const keys = objectAt(spec, "sigstoreKeys");
  const chains = objectsAt(keys, "certificateAuthorities").map((ca) =>
    toCertificates(decodeText(textAt(ca, "certChain") ?? "") ?? ""),
  );
  const logs = objectsAt(keys, "tLogs").map((log) => toSpkis(decodeText(textAt(log, "publicKey") ?? "") ?? "")?.[0]);
  if (chains.length === 0 || chains.includes(undefined) || logs.includes(undefined)) return undefined;
  const named = domainOfChains(
    chains.flatMap((chain) => (chain ? [chain] : [])),
    context,
  );
  const names =
    named &&
    logNames(
      logs.flatMap((key) => key ?? []),
      named.domain,
    );
  return named && names && { ...named, logs: names };
}
