import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { Fault } from "../core/fault.ts";
import { processIo } from "./process-io.ts";

describe("a stdout that takes no more", () => {
  test("because nobody reads any longer: exit 0, in silence", () => {
    const { stdout, exits, complaints } = aProcess();
    stdout.emit("error", errorOf("EPIPE"));
    expect({ exits, complaints: complaints() }).toEqual({ exits: [0], complaints: "" });
  });

  test.each(["ENOSPC", "EIO", "EBADF"])("because of %s: a fault, which is explained and no bug of ours", (code) => {
    const { stdout, process, exits, complaints } = aProcess();
    const broken = (): unknown => stdout.emit("error", errorOf(code));
    expect(broken).toThrow(new Fault("output.unwritable", "stdout"));
    process.emit("uncaughtException", new Fault("output.unwritable", "stdout"));
    expect(exits).toEqual([2]);
    expect(complaints()).toMatch(/^output[.]unwritable: .+\n {2}about: {2}stdout\n {2}remedy: /);
  });
});

test("an error that nobody caught is a bug: exit 70 and a support id", () => {
  const { process, exits, complaints } = aProcess();
  process.emit("uncaughtException", new TypeError("ours"));
  expect(exits).toEqual([70]);
  expect(complaints()).toMatch(/^internal error [0-9a-f]{10}: /);
});

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function aProcess() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const exits: number[] = [];
  const exit = (code: number): void => void exits.push(code);
  const process = Object.assign(new EventEmitter(), { stdin, stdout, stderr, env: {}, exit });
  processIo(process as unknown as NodeJS.Process);
  return { process, stdout, exits, complaints: () => String(stderr.read() ?? "") };
}
