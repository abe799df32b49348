import { Fault } from "../../core/fault.ts";

/** A limit on waiting: `signal` fires when the caller gives up or when the time is over, whichever comes first. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** Gives the next step the whole time again. */
  restart(): void;
  /** Stops the clock. */
  clear(): void;
  /** Stops the clock and whatever still listens to `signal`; says why it had stopped already, or that `cause` did it. */
  end(cause: unknown): unknown;
};

/** Starts the clock. Call `clear` when done: the timer keeps the process alive. */
export function startDeadline(timeoutMs: number, caller: AbortSignal, subject: string): Deadline {
  const controller = new AbortController();
  const expire = (): void => controller.abort(new Fault("http.timeout", `${subject}: ${timeoutMs} ms`));
  const giveUp = (): void => controller.abort(caller.reason);
  let timer = setTimeout(expire, timeoutMs);
  if (caller.aborted) giveUp();
  else caller.addEventListener("abort", giveUp, { once: true });
  const clear = (): void => {
    clearTimeout(timer);
    caller.removeEventListener("abort", giveUp);
  };
  return {
    signal: controller.signal,
    restart: () => {
      clearTimeout(timer);
      timer = setTimeout(expire, timeoutMs);
    },
    clear,
    end: (cause) => {
      clear();
      controller.abort(cause); // the first reason stays
      return controller.signal.reason;
    },
  };
}
