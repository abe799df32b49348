import { undiciHttpClient } from "../../src/adapters/http/client.ts";
import { rekor1Reader } from "../../src/adapters/rekor1/reader.ts";
import { rekor2Reader } from "../../src/adapters/rekor2/reader.ts";
import { openDatabase } from "../../src/adapters/sqlite/database.ts";
import { sqliteEventStore } from "../../src/adapters/sqlite/event-store.ts";
import { systemClock } from "../../src/adapters/system/clock.ts";
import { followStep } from "../../src/capabilities/follow/follow-step.ts";
import { parseBase64 } from "../../src/core/bytes/base64.ts";
import { leafJudge } from "../../src/core/entry/leaf-judge.ts";
import { trustedLogOf } from "../setup/log-judge.ts";

/**
 * A follower that prints a line before and after every call of a port, to be killed between any two of them. Arguments:
 * the store, the kind of log, its URL, its instance in a trusted root as JSON, and `once` to end when it has all that is
 * served.
 */
const [path = "", kind = "", url = "", instance = "", until = ""] = process.argv.slice(2);

type Described = {
  baseUrl: string;
  spki: string;
  keyDetails: "PKIX_ED25519" | "PKIX_ECDSA_P256_SHA_256";
  logId: string;
};
const described = JSON.parse(instance) as Described;
const bytesOf = (text: string): Uint8Array => parseBase64(text) ?? new Uint8Array();
const key = trustedLogOf({ ...described, spki: bytesOf(described.spki), logId: bytesOf(described.logId) });

function told<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]): Promise<unknown> => {
        process.stdout.write(`> ${String(name)}\n`);
        const answer: unknown = await (member as (...given: unknown[]) => unknown).apply(target, args);
        process.stdout.write(`< ${String(name)}\n`);
        return answer;
      };
    },
  });
}

const database = openDatabase(path);
const http = undiciHttpClient();
const reader = told(kind === "rekor1" ? rekor1Reader(http, { url }) : rekor2Reader(http, { url }));
const step = followStep({ store: told(sqliteEventStore(database)), clock: systemClock }, { entriesMax: 64 });
const log = { name: kind, reader, keys: [key], judgeLeaf: leafJudge([]), start: "beginning" } as const;
const signal = AbortSignal.timeout(60_000);

let report = await step(log, signal);
for (const isOver = () => until === "once" && report.outcome !== "behind"; !isOver();) {
  // oxlint-disable-next-line no-await-in-loop -- step after step
  report = await step(log, signal);
}
await http.close();
database.close();
process.stdout.write(`${report.outcome} ${report.indexedUpto}\n`);
