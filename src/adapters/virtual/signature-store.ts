import type { SignatureLink } from "../../core/correlate/signature-link.ts";
import type { SignatureStore, StoredImageSet } from "../../ports/signature-store.ts";

/** A SignatureStore in memory, for tests and for what is thrown away. */
export function virtualSignatureStore(): SignatureStore {
  const links = new Map<string, SignatureLink>();
  const sets = new Map<string, StoredImageSet>();
  return {
    saveLinks: async (learned) => {
      for (const link of learned) {
        const { log, logIndex, repository, subject, bundle } = link;
        const key = JSON.stringify([log, logIndex, repository, subject, bundle]);
        if (!links.has(key)) links.set(key, link);
      }
    },
    links: async () => [...links.values()],
    linksTo: async (subjects) => {
      const wanted = new Set(subjects);
      return [...links.values()].filter((link) => wanted.has(link.subject));
    },
    linksOf: async ({ log, logIndex }) =>
      [...links.values()].filter((link) => link.log === log && link.logIndex === logIndex),
    saveImageSets: async (resolved) => {
      for (const set of resolved) sets.set(`${set.repository}\n${set.subject}`, set);
    },
    imageSets: async () => [...sets.values()],
  };
}
