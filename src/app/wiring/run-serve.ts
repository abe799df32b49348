import { systemClock } from "../../adapters/system/clock.ts";
import { systemRandom } from "../../adapters/system/random.ts";
import type { Config } from "../config/config.ts";
import type { Io } from "../io.ts";
import { serve, type Role } from "../serve.ts";
import { pinoLog } from "../telemetry/pino-log.ts";
import { openServe } from "./serve.ts";

/** Opens an installation and serves it until told to stop; JSON lines to stdout. Faults: those of opening and listening. */
export async function runServe(io: Pick<Io, "out" | "signal" | "env">, config: Config, role: Role): Promise<void> {
  const log = pinoLog(io.out, config.telemetry.logLevel);
  const opened = await openServe(config, io.env, log);
  await serve(io, { opened, clock: systemClock, random: systemRandom }, { config, role, log });
}
