export const now = (): Date => new Date(0); // no-restricted-globals
export const chance = (): number => Math.random(); // no-restricted-properties
