/** The product's name, as `src/core/names.ts` has it; the console shares types with the server, not code. */
export const PRODUCT = "countersign";
