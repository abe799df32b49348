import { concatBytes } from "../../core/bytes/bytes.ts";
import { Fault } from "../../core/fault.ts";

const NEWLINE = 10;

/** Cuts a stream of bytes into its lines, the last one too if it is complete. A line over the bound is `cluster.malformed`. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
  subject: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const line = concatBytes([...pending, chunk.subarray(from, at)]);
      if (line.length > lineBytesMax) throw tooLong(subject, lineBytesMax);
      pending = [];
      pendingBytes = 0;
      from = at + 1;
      if (line.length > 0) yield line;
    }
    const rest = chunk.slice(from);
    pendingBytes += rest.length;
    if (pendingBytes > lineBytesMax) throw tooLong(subject, lineBytesMax);
    if (rest.length > 0) pending.push(rest);
  }
  // A stream that ends inside a line was cut off; what is missing of the line is asked for again by its version.
}

function tooLong(subject: string, lineBytesMax: number): Fault {
  return new Fault("cluster.malformed", `${subject}: an event of more than ${lineBytesMax} bytes`);
}
