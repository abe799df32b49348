import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../core/fault.ts";
import type { Rekor1Reader } from "../../ports/transparency-log.ts";
import { undiciHttpClient, type ClosableHttpClient } from "../http/client.ts";
import { jsonReply, serve, type Exchange, type Listening, type Reply } from "../virtual/serve.ts";
import { rekor1Reader } from "./reader.ts";

const HEX32 = "ab".repeat(32);
const STATE = {
  rootHash: HEX32,
  signedTreeHead: "active",
  treeID: "1193050959916656506",
  treeSize: 9,
  inactiveShards: [
    { rootHash: HEX32, signedTreeHead: "oldest", treeID: "3904496407287907110", treeSize: 4 },
    { rootHash: HEX32, signedTreeHead: "older", treeID: "2605736670972794746", treeSize: 5 },
  ],
};
const ENTRY = {
  body: btoa(`{"apiVersion":"0.0.1","kind":"hashedrekord"}`),
  integratedTime: 1_790_000_000,
  logID: HEX32,
  logIndex: 12,
  verification: {
    inclusionProof: { checkpoint: "note", hashes: [HEX32], logIndex: 3, rootHash: HEX32, treeSize: 4 },
    signedEntryTimestamp: btoa("set"),
  },
};
const signal = AbortSignal.timeout(30_000);

let http: ClosableHttpClient;
let server: Listening;
let answer: Reply;
let asked: Exchange[];
beforeEach(async () => {
  http = undiciHttpClient();
  asked = [];
  server = await serve((exchange) => {
    asked.push(exchange);
    return answer;
  }, 65_536);
});
afterEach(async () => {
  await server.close();
  await http.close();
});
const reader = (): Rekor1Reader => rekor1Reader(http, { url: `${server.url}/` });
const faultOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: unknown) => (error instanceof Fault ? error.id : error));

describe("rekor1Reader", () => {
  test("lists the active tree first, then the others, oldest first", async () => {
    answer = jsonReply(200, STATE);
    const shards = await reader().shards(signal);
    expect(shards.map(({ treeId, treeSize }) => [treeId, treeSize])).toEqual([
      ["1193050959916656506", 9],
      ["3904496407287907110", 4],
      ["2605736670972794746", 5],
    ]);
    expect(new TextDecoder().decode(shards[1]?.checkpoint)).toBe("oldest");
    expect(asked[0]?.path).toBe("/api/v1/log");
  });

  test("retrieves entries, at most ten at a time, as they stand", async () => {
    const unread = { ...ENTRY, body: btoa("no JSON"), verification: {} };
    answer = jsonReply(200, [{ [HEX32]: ENTRY }, { [`0123456789abcdef${HEX32}`]: unread }]);
    const entries = await reader().entries([...Array(12).keys()], signal);
    expect(entries.map(({ entryId, entry }) => [entryId.length, entry.logIndex, entry.kind])).toEqual([
      [64, 12, "hashedrekord"],
      [80, 12, ""],
    ]);
    expect(entries[0]?.entry.inclusionProof).toMatchObject({ logIndex: 3, treeSize: 4, checkpoint: "note" });
    expect(new TextDecoder().decode(asked[0]?.body)).toBe(`{"logIndexes":[0,1,2,3,4,5,6,7,8,9]}`);
  });

  test("reads the hashes of a proof, and not the root beside them", async () => {
    answer = jsonReply(200, { hashes: [HEX32, HEX32], rootHash: "anything" });
    expect(await reader().consistency(3, 7, "42", signal)).toHaveLength(2);
    expect(asked[0]?.query.toString()).toBe("firstSize=3&lastSize=7&treeID=42");
  });

  test.each<[string, Reply, string]>([
    ["no JSON", { status: 200, body: "<html>" }, "log.malformed"],
    ["another shape", jsonReply(200, 7), "log.malformed"],
    ["a bad member", jsonReply(200, { ...STATE, treeSize: -1, hashes: ["ab"] }), "log.malformed"],
    ["a tree id that would change the URL", jsonReply(200, { ...STATE, treeID: "1&x=2", hashes: 1 }), "log.malformed"],
    [
      "too many",
      jsonReply(200, {
        ...STATE,
        inactiveShards: Array.from({ length: 65 }, () => STATE),
        hashes: Array(129).fill(HEX32),
      }),
      "log.malformed",
    ],
    ["404", { status: 404 }, "log.missing"],
    ["422", { status: 422 }, "log.refused"],
    ["500, as beyond the tree's end", { status: 500 }, "log.unreachable"],
    ["too much", { status: 200, body: "x".repeat(16 * 1024 * 1024 + 1) }, "log.too-large"],
  ])("tells %s apart", async (_, reply, id) => {
    answer = reply;
    const log = reader();
    expect(await faultOf(log.shards(signal))).toBe(id);
    expect(await faultOf(log.consistency(1, 2, "3", signal))).toBe(id);
    expect(await faultOf(log.entries([0], signal))).toBe(id);
  });

  test.each([
    ["an id of another length", { [HEX32.slice(2)]: ENTRY }],
    ["a body that is not base64", { [HEX32]: { ...ENTRY, body: "*" } }],
    ["a negative index", { [HEX32]: { ...ENTRY, logIndex: -1 } }],
    ["an index beyond 2^53", { [HEX32]: { ...ENTRY, logIndex: 2 ** 53 } }],
    ["a short hash", { [HEX32]: { ...ENTRY, verification: { inclusionProof: { hashes: ["ab"] } } } }],
    ["a list for an entry", { [HEX32]: [ENTRY] }],
  ])("refuses entries with %s", async (_, map) => {
    answer = jsonReply(200, [map]);
    expect(await faultOf(reader().entries([0], signal))).toBe("log.malformed");
  });
});
