import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeAdmin } from "./kube-admin.ts";
import { namesOf } from "./objects.ts";
import type { Build } from "./story.ts";

/** What a kubelet does for a pod with a projected token: asks for one and writes it into the pod's volume. */
export async function projectToken(
  { podsDir, signal }: { readonly podsDir: string; readonly signal: AbortSignal },
  admin: KubeAdmin,
  build: Build,
): Promise<{ readonly path: string; readonly remove: () => void }> {
  const { pod, podUid } = namesOf(build);
  const { namespace, serviceAccount } = build;
  const token = await admin.projectToken({ namespace, name: pod, uid: podUid, serviceAccount }, signal);
  const folder = join(podsDir, podUid);
  const path = join(folder, "oidc-token");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  token.use((text) => writeFileSync(path, text, { mode: 0o600 }));
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
