/**
 * Adds a note to a 64-bit little-endian ELF executable, found by a program header of its own (ELF gABI, "Note Section").
 * This is how Node finds the program inside a single executable on Linux. The table of program headers has no room
 * for more, so it moves to the end of the file, together with the note, into a segment that is mapped read-only.
 */
export function addElfNote(executable: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const elf = new DataView(executable.buffer, executable.byteOffset, executable.byteLength);
  if (elf.getUint32(0) !== MAGIC || executable[4] !== CLASS_64 || executable[5] !== LITTLE_ENDIAN) {
    throw new Error("not a 64-bit little-endian ELF file");
  }
  const headers = readHeaders(elf);
  const first = headers.find(({ type, offset }) => type === PT_LOAD && offset === 0n);
  const lastByte = headers.reduce((end, { type, end: to }) => (type === PT_LOAD && to > end ? to : end), 0n);
  if (!first || !headers.some(({ type }) => type === PT_PHDR)) throw new Error("no segment holds the program headers");
  // Old kernels compute the table's address from its offset in the file, so both have the same distance from the start.
  const base = first.address;
  const start = align(BigInt(executable.length) > lastByte - base ? BigInt(executable.length) : lastByte - base, PAGE);
  const tableSize = BigInt((headers.length + 2) * HEADER_BYTES);
  const note = renderNote(name, content);
  const noteStart = align(start + tableSize, 8n);
  const size = noteStart - start + BigInt(note.length);

  const out = new Uint8Array(Number(start + size));
  out.set(executable);
  out.set(note, Number(noteStart));
  const view = new DataView(out.buffer);
  for (const [i, { at, type }] of headers.entries()) {
    const to = Number(start) + i * HEADER_BYTES;
    out.copyWithin(to, at, at + HEADER_BYTES);
    if (type === PT_PHDR) writeHeader(view, to, { type, offset: start, base, size: tableSize, alignment: 8n });
  }
  const added = Number(start) + headers.length * HEADER_BYTES;
  writeHeader(view, added, { type: PT_LOAD, offset: start, base, size, alignment: PAGE });
  const found = { type: PT_NOTE, offset: noteStart, base, size: BigInt(note.length), alignment: 4n };
  writeHeader(view, added + HEADER_BYTES, found);
  view.setBigUint64(E_PHOFF, start, true);
  view.setUint16(E_PHNUM, headers.length + 2, true);
  return out;
}

const MAGIC = 0x7f45_4c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const E_PHOFF = 32;
const E_PHENTSIZE = 54;
const E_PHNUM = 56;
const HEADER_BYTES = 56;
const PAGE = 4096n;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_PHDR = 6;
const READABLE = 4;

type Header = { at: number; type: number; offset: bigint; address: bigint; end: bigint };

function readHeaders(elf: DataView): readonly Header[] {
  const table = Number(elf.getBigUint64(E_PHOFF, true));
  if (elf.getUint16(E_PHENTSIZE, true) !== HEADER_BYTES) throw new Error("program headers of another size");
  return Array.from({ length: elf.getUint16(E_PHNUM, true) }, (_, i) => {
    const at = table + i * HEADER_BYTES;
    const address = elf.getBigUint64(at + 16, true);
    const end = address + elf.getBigUint64(at + 40, true);
    return { at, type: elf.getUint32(at, true), offset: elf.getBigUint64(at + 8, true), address, end };
  });
}

type NewHeader = { type: number; offset: bigint; base: bigint; size: bigint; alignment: bigint };

function writeHeader(view: DataView, at: number, { type, offset, base, size, alignment }: NewHeader): void {
  view.setUint32(at, type, true);
  view.setUint32(at + 4, READABLE, true);
  view.setBigUint64(at + 8, offset, true);
  for (const field of [16, 24]) view.setBigUint64(at + field, base + offset, true);
  for (const field of [32, 40]) view.setBigUint64(at + field, size, true);
  view.setBigUint64(at + 48, alignment, true);
}

function renderNote(name: string, content: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(`${name}\0`);
  const contentAt = 12 + Number(align(BigInt(text.length), 4n));
  const note = new Uint8Array(Number(align(BigInt(contentAt + content.length), 4n)));
  const view = new DataView(note.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, content.length, true);
  note.set(text, 12);
  note.set(content, contentAt);
  return note;
}

function align(value: bigint, to: bigint): bigint {
  return ((value + to - 1n) / to) * to;
}
