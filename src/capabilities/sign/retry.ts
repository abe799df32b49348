import { Fault, type FaultId } from "../../core/fault.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";

const ATTEMPTS_MAX = 4;
const BUDGET_MS = 60_000;
const BASE_DELAY_MS = 500;
/** What may pass by itself. Everything else would be answered in the same way again. */
const PASSING: ReadonlySet<FaultId> = new Set(["fulcio.unreachable", "tsa.unreachable", "log.unreachable"]);

/** Waiting is a matter of time and chance; both are given. */
export type Patience = { readonly clock: Clock; readonly random: Random };

/** Repeats what failed because a service did not answer: three times, with full jitter, within a minute. */
export async function retrying<T>(
  { clock, random }: Patience,
  attempt: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const startedAt = clock.now();
  const run = async (count: number): Promise<T> => {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = Math.floor(fraction(random) * BASE_DELAY_MS * 2 ** count);
      const isOver = count + 1 >= ATTEMPTS_MAX || clock.now() + delayMs - startedAt > BUDGET_MS;
      if (!(error instanceof Fault) || !PASSING.has(error.id) || isOver) throw error;
      await clock.sleep(delayMs, signal);
      return run(count + 1);
    }
  };
  return run(0);
}

/** From 0 up to, not including, 1. */
function fraction(random: Random): number {
  const [high = 0, low = 0] = random.bytes(2);
  return (high * 256 + low) / 65_536;
}

/** Services of one kind in the order to try them, of which `needed` have to answer (a signing config's ANY, ALL, EXACT). */
export type Chosen<Service> = { readonly services: readonly Service[]; readonly needed: number };

/** Asks one service after the other until enough have answered; throws the last fault when they do not. */
export async function askEnough<Service, Answer>(
  { services, needed }: Chosen<Service>,
  ask: (service: Service) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  const next = async (index: number): Promise<readonly Answer[]> => {
    const service = services[index];
    if (answers.length >= needed || service === undefined) return answers;
    try {
      answers.push(await ask(service));
    } catch (error) {
      const left = services.length - index - 1;
      if (!(error instanceof Fault) || answers.length + left < needed) throw error;
    }
    return next(index + 1);
  };
  return next(0);
}
