/** Answers RFC 3161 requests. Faults: `tsa.unreachable`, `tsa.refused`, `tsa.malformed`. */
export interface TimestampAuthority {
  /** Sends a DER `TimeStampReq`, returns the DER `TimeStampResp`, unverified. */
  stamp(request: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}
