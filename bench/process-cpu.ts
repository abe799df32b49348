import { readFileSync } from "node:fs";

/** USER_HZ of Linux (proc(5)). */
const TICK_MS = 10;

/** CPU time of a process so far: fields 14 and 15 of proc(5) `stat`, after the name in parentheses, which may hold anything. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
