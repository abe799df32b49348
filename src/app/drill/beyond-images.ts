import type { Exhibit } from "../../core/drill/exhibit.ts";

/** Why a program that verifies images cannot be asked about an artifact; `undefined` where it can. */
export function beyondImages({ documents, review, reference, trust }: Exhibit): string | undefined {
  if (review !== undefined) return "about what an API server asks; it is asked about images";
  // Other names lead to other hosts, and nothing of the drill leaves this machine.
  if (reference !== undefined) return "about how an image is named; it is asked by the usual name";
  if ((documents?.length ?? 0) > 1) return "about exceptions, which it does not know";
  return trust === undefined ? undefined : "it is given a trusted root that does not expire";
}
