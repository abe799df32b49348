export const now = (): number => Date.now(); // no-restricted-globals
export const chance = (): number => Math.random(); // no-restricted-properties
