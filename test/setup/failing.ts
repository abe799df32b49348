import { Fault, type FaultId } from "../../src/core/fault.ts";

/** Counts the calls of several ports together and lets the n-th fail, once. */
export type FaultSwitch = {
  /** The port itself, counted; `faults` are those that it declares. */
  readonly watch: <Port extends object>(port: Port, faults: readonly FaultId[]) => Port;
  /** What the next run meets: at call `at` (from 1) the fault of this number among those declared. */
  readonly arm: (at: number, which: number) => void;
  /** Whether the armed fault was met, and which it was. */
  readonly met: () => FaultId | undefined;
  /** Of each call since it was armed, how many faults the port declares. */
  readonly calls: () => readonly number[];
};

export function faultSwitch(): FaultSwitch {
  let armed = { at: 0, which: 0 };
  let calls: number[] = [];
  let met: FaultId | undefined;
  const step = (name: string, faults: readonly FaultId[]): void => {
    calls.push(faults.length);
    const id = faults[armed.which];
    if (calls.length !== armed.at || id === undefined) return;
    met = id;
    throw new Fault(id, `planted at call ${calls.length}: ${name}`);
  };
  return {
    watch: (port, faults) =>
      new Proxy(port, {
        get: (target, name, receiver) => {
          const member: unknown = Reflect.get(target, name, receiver);
          if (typeof member !== "function") return member;
          return async (...args: unknown[]): Promise<unknown> => {
            step(String(name), faults);
            return (member as (...given: unknown[]) => unknown).apply(target, args);
          };
        },
      }),
    arm: (at, which) => {
      armed = { at, which };
      calls = [];
      met = undefined;
    },
    met: () => met,
    calls: () => calls,
  };
}
