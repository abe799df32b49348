import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { bug } from "../../core/bug.ts";
import { Fault, FAULTS, type FaultId } from "../../core/fault.ts";
import type { StandIns, StandInsOptions } from "./stand-ins.ts";

/** What the thread of the stand-ins says. */
type Message =
  | { readonly kind: "started"; readonly standIns: StandIns }
  | { readonly kind: "stopped" }
  | { readonly kind: "fault"; readonly id: string; readonly subject: string };

/**
 * Starts the stand-ins in a thread of their own: on two cores the product signs on one while they answer on the other.
 * Faults: those of `startStandIns`.
 */
export async function openStandIns(
  options: StandInsOptions,
): Promise<{ readonly standIns: StandIns; readonly close: () => Promise<void> }> {
  const file = new URL(`./stand-ins-thread${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(file, { workerData: options });
  const started = await nextMessage(worker);
  if (started.kind === "fault") throw new Fault(asFaultId(started.id), started.subject);
  if (started.kind !== "started") return bug("the stand-ins stopped before they started");
  return {
    standIns: started.standIns,
    close: async () => {
      const stopped = nextMessage(worker);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage("stop");
      await stopped;
      await worker.terminate();
    },
  };
}

function nextMessage(worker: Worker): Promise<Message> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function asFaultId(id: string): FaultId {
  return isFaultId(id) ? id : bug(`unknown fault ${id}`);
}

function isFaultId(id: string): id is FaultId {
  return Object.hasOwn(FAULTS, id);
}
