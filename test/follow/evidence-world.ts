import { verifyPrehashed } from "../../src/adapters/noble/verify-prehashed.ts";
import { renderTrustedRoot } from "../../src/adapters/virtual/sigstore/trust-documents.ts";
import { consistencyFromStore, pathFromStore } from "../../src/capabilities/follow/stored-proof.ts";
import type { ExportPorts } from "../../src/capabilities/investigate/export-evidence.ts";
import { bug } from "../../src/core/bug.ts";
import { toUtf8 } from "../../src/core/bytes/utf8.ts";
import { parseUnixMs } from "../../src/core/time.ts";
import { compileTrust } from "../../src/core/trust/compile-trust.ts";
import { readTrustedRoot } from "../../src/core/trust/trusted-root.ts";
import type { FollowWorld, ServedLog } from "./follow-world.ts";

export { verifyPrehashed };

/** The trusted root of followed logs and the CA of their world, as the document that goes into evidence files. */
export function rootOf(world: FollowWorld, ...served: readonly ServedLog[]): Uint8Array {
  const start = parseUnixMs(0) ?? bug("not an instant");
  return toUtf8(
    renderTrustedRoot({
      tlogs: served.map(({ instance }) => ({ ...instance, start })),
      ctlogs: [],
      certificateAuthorities: [
        { uri: "https://ca.example", organization: "", commonName: "root", chain: [world.pool.ca.issuer.der], start },
      ],
      timestampAuthorities: [],
    }),
  );
}

/** What `exportEvidence` needs of a world that followed one log. */
export function exportPorts(world: FollowWorld, root: Uint8Array, change: Partial<ExportPorts> = {}): ExportPorts {
  const { store } = world.ports;
  const read = readTrustedRoot(root);
  const compiled = read.ok ? compileTrust(read.value, { thresholds: { sct: 0 } }) : read;
  if (!compiled.ok) return bug(compiled.detail);
  return {
    store,
    inclusionOf: (log, index, size) => pathFromStore(store, log, { index, size }),
    consistencyOf: (log, from, to) => consistencyFromStore(store, log, [from, to]),
    trustedRootOf: () => ({ bytes: root, compiled: compiled.value }),
    bundleOf: async () => undefined,
    correlationOf: async () => undefined,
    product: { name: "countersign", version: "0.0.0" },
    ...change,
  };
}
