import { createHash } from "node:crypto";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Fault } from "../../core/fault.ts";
import type { Git } from "./process.ts";

export type ObjectKind = "commit" | "tree" | "blob";
export type ObjectFormat = "sha1" | "sha256";

/** Objects by their ids, each checked to be what its id says. */
export type ObjectReader = {
  /**
   * The contents of objects of one kind, in the order of their ids, one at a time. Faults: `git.unreadable`,
   * `git.tampered`, `git.timeout`, `input.too-large`; where large ones are passed over, `undefined` stands for one.
   */
  readonly read: (ids: readonly string[], of: Expected, signal: AbortSignal) => AsyncGenerator<Uint8Array | undefined>;
  readonly close: () => Promise<void>;
};

/** `nameOf`: what an object is called in a message. */
export type Expected = {
  readonly kind: ObjectKind;
  readonly bytesMax: number;
  readonly beyond?: "refuse" | "skip";
  readonly nameOf: (id: string) => string;
};

/** No object comes later than this after it was asked for. */
const OBJECT_TIMEOUT_MS = 60_000;
const HEADER_BYTES_MAX = 256;

/** One `cat-file --batch`, asked for as many objects as it takes. What it says is believed only when the hash says so too. */
export function openObjects(git: Git, format: ObjectFormat): ObjectReader {
  const child = git.start(["cat-file", "--batch"]);
  const stream = readerOf(child);
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = (): void => void child.kill("SIGKILL");
  child.stdin.on("error", () => undefined);
  child.once("error", () => undefined);
  child.stderr.resume();

  async function* read(
    ids: readonly string[],
    of: Expected,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | undefined> {
    signal.addEventListener("abort", stop, { once: true });
    try {
      child.stdin.write(ids.map((id) => `${id}\n`).join(""));
      for (const id of ids) {
        const timer = setTimeout(stop, OBJECT_TIMEOUT_MS);
        // oxlint-disable-next-line no-await-in-loop -- they come one after the other
        const content = await nextObject(stream, id, of).finally(() => clearTimeout(timer));
        signal.throwIfAborted();
        if (content && idOf(format, of.kind, content) !== id)
          throw new Fault("git.tampered", `${of.nameOf(id)}: ${of.kind} ${id}`);
        yield content;
      }
    } catch (error) {
      // The answers that were not taken would be those of the next question.
      stop();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  const close = async (): Promise<void> => {
    child.stdin.end();
    child.stdout.destroy();
    stop();
    await closed;
  };
  return { read, close };
}

async function nextObject(
  stream: ByteReader,
  id: string,
  { kind, bytesMax, beyond, nameOf }: Expected,
): Promise<Uint8Array | undefined> {
  const header = await stream.line(HEADER_BYTES_MAX);
  const [answered, found, size] = header.split(" ");
  if (answered !== id || found === "missing" || found === undefined)
    throw new Fault("git.unreadable", `${nameOf(id)}: ${kind} ${id} is not in this clone`);
  if (found !== kind || !/^\d{1,15}$/.test(size ?? ""))
    throw new Fault("git.unreadable", `${nameOf(id)}: ${id} is no ${kind}`);
  if (Number(size) > bytesMax && beyond === "skip") {
    await stream.pass(Number(size) + 1);
    return undefined;
  }
  if (Number(size) > bytesMax)
    throw new Fault("input.too-large", `${nameOf(id)}: ${size} bytes, ${bytesMax} are allowed`);
  const content = await stream.take(Number(size));
  await stream.take(1);
  return content;
}

/** git-hash-object(1): the hash of kind, size and content. */
function idOf(format: ObjectFormat, kind: ObjectKind, content: Uint8Array): string {
  return createHash(format).update(`${kind} ${content.length}\0`).update(content).digest("hex");
}

type ByteReader = {
  readonly line: (bytesMax: number) => Promise<string>;
  readonly take: (size: number) => Promise<Uint8Array>;
  /** Reads and forgets. */
  readonly pass: (size: number) => Promise<void>;
};

/** Takes a stream apart at lines and lengths. */
function readerOf(child: ChildProcessWithoutNullStreams): ByteReader {
  const chunks = child.stdout[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array();

  const more = async (): Promise<void> => {
    const next: IteratorResult<Uint8Array> = await chunks.next();
    if (next.done === true) throw new Fault("git.unreadable", "git cat-file ended before it had answered");
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
  };
  const cut = (size: number): Uint8Array => {
    const taken = held.subarray(0, size);
    held = held.subarray(size);
    return taken;
  };
  return {
    line: async (bytesMax) => {
      for (;;) {
        const end = held.indexOf(0x0a);
        if (end >= 0) return Buffer.from(cut(end + 1).subarray(0, end)).toString("latin1");
        if (held.length > bytesMax) throw new Fault("git.unreadable", "git cat-file answers without a header");
        // oxlint-disable-next-line no-await-in-loop -- a stream has an order
        await more();
      }
    },
    pass: async (size) => {
      for (let left = size; ;) {
        left -= cut(Math.min(left, held.length)).length;
        if (left === 0) return;
        // oxlint-disable-next-line no-await-in-loop -- a stream has an order
        await more();
      }
    },
    take: async (size) => {
      if (held.length >= size) return cut(size);
      const parts = [held];
      let count = held.length;
      held = new Uint8Array();
      while (count < size) {
        // oxlint-disable-next-line no-await-in-loop -- a stream has an order
        await more();
        parts.push(held);
        count += held.length;
        held = new Uint8Array();
      }
      held = Buffer.concat(parts);
      return cut(size);
    },
  };
}
