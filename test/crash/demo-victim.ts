import diagnostics from "node:diagnostics_channel";
import { openDemo } from "../../src/app/demo/run-demo.ts";

/**
 * Plays the demo in a folder, and prints a line for every request that leaves its HTTP client: the points at which it is
 * killed. Ends when the story is told, and says what came of it.
 */
const [dir = "", events = "60", days = "28"] = process.argv.slice(2);
diagnostics.subscribe("undici:request:create", () => process.stdout.write(".\n"));
const never = new AbortController().signal;
const demo = await openDemo({ seed: 1, days: Number(days), events: Number(events), keep: dir }, never);
const { incidents, containers } = await demo.tell(() => process.stdout.write("step\n"));
const positions = await demo.stores.events.positions();
const told = {
  stored: await demo.stores.events.count(),
  logged: positions.reduce((sum, { indexedUpto }) => sum + indexedUpto, 0),
  heads: positions.map(({ head }) => head?.size ?? 0).reduce((sum, size) => sum + size, 0),
  incidents: incidents.map(({ title }) => title.replaceAll(/localhost:\d+\//g, "")).toSorted(),
  running: containers.filter(({ finishedAt, containerKind }) => !finishedAt && containerKind !== "build").length,
};
await demo.close();
process.stdout.write(`told ${JSON.stringify(told)}\n`);
