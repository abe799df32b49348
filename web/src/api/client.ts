import { useCallback, useEffect, useState } from "react";
import type { ProblemJson } from "../../../src/app/http/contract.ts";

/** What has come back of a question. While it is asked again, and when that fails, the last answer stays. */
export type Answered<T> = {
  readonly data: T | undefined;
  readonly problem: ProblemJson | undefined;
  readonly loading: boolean;
  /** When the data came, by this browser. */
  readonly at: number | undefined;
  readonly retry: () => void;
};

type Result<T> = { readonly data: T } | { readonly problem: ProblemJson };

/** Asks the API, and again when the path changes. `undefined` asks nothing. */
export function useApi<T>(path: string | undefined): Answered<T> {
  const [asked, setAsked] = useState(0);
  const [state, setState] = useState<Omit<Answered<T>, "retry"> & { readonly path: string | undefined }>({
    ...EMPTY,
    path,
  });
  useEffect(() => {
    if (path === undefined) return undefined;
    const stop = new AbortController();
    setState((before) => ({ ...(before.path === path ? before : { ...EMPTY, path }), loading: true }));
    const update = async (): Promise<void> => {
      const result = await ask<T>(path, stop.signal);
      if (stop.signal.aborted) return;
      const at = Date.now();
      setState((before) =>
        "data" in result
          ? { path, data: result.data, problem: undefined, loading: false, at }
          : { ...before, path, problem: result.problem, loading: false },
      );
    };
    void update();
    return () => stop.abort();
  }, [path, asked]);
  const retry = useCallback(() => setAsked((count) => count + 1), []);
  // The first render after a change of path must not show the other path's answer.
  return state.path === path ? { ...state, retry } : { ...EMPTY, loading: path !== undefined, retry };
}

const EMPTY = { data: undefined, problem: undefined, loading: true, at: undefined };

/** One request. Resolves always: what failed on the way becomes a problem too. */
export async function ask<T>(path: string, signal: AbortSignal): Promise<Result<T>> {
  try {
    const response = await fetch(path, { signal, headers: { accept: "application/json" } });
    const body: T & ProblemJson = await response.json();
    return response.ok ? { data: body } : { problem: body };
  } catch {
    return { problem: UNREACHABLE };
  }
}

const UNREACHABLE: ProblemJson = {
  type: "urn:countersign:problem:unreachable",
  title: "The server did not answer",
  status: 0,
  detail: "No connection, or an answer that is not JSON.",
  instance: "",
  fix: "Check that countersign is still running, then try again.",
};
