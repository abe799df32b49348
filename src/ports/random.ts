/** Chance, as a value that can be given. */
export interface Random {
  /** `length` bytes fit for keys and nonces. */
  bytes(length: number): Uint8Array;
}
