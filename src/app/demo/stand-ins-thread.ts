import { parentPort, workerData } from "node:worker_threads";
import { bug } from "../../core/bug.ts";
import { Fault } from "../../core/fault.ts";
import { startStandIns, type StandInsOptions } from "./stand-ins.ts";

/** The thread of the stand-ins: starts them, says where they are, and stops them when told to. */
const port = parentPort ?? bug("not a thread");
try {
  const { standIns, close } = await startStandIns(readOptions(workerData));
  port.postMessage({ kind: "started", standIns });
  const stop = async (): Promise<void> => {
    await close();
    port.postMessage({ kind: "stopped" });
    port.close();
  };
  port.once("message", () => void stop());
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  port.postMessage({ kind: "fault", id: error.id, subject: error.subject });
  port.close();
}

function readOptions(value: unknown): StandInsOptions {
  if (typeof value !== "object" || value === null || !("shared" in value && "seed" in value)) return bug("no options");
  const { shared, seed } = value;
  if (!(shared instanceof SharedArrayBuffer) || typeof seed !== "number") return bug("options of another shape");
  return "dir" in value && typeof value.dir === "string" ? { shared, seed, dir: value.dir } : { shared, seed };
}
