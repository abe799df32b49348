import { dsse1, dsse2 } from "./dsse/decode.ts";
import type { EntryKind } from "./entry-kind.ts";
import { hashedrekord1, hashedrekord2 } from "./hashedrekord/decode.ts";
import { intoto1, intoto2 } from "./intoto/decode.ts";

/** Every kind of log entry that can be decoded. A new one is a folder with `decode.ts` and `entry.md`, and a line here. */
export const ENTRY_KINDS: readonly EntryKind[] = [hashedrekord1, hashedrekord2, dsse1, dsse2, intoto1, intoto2];
