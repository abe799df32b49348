import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeAdmin } from "./kube-admin.ts";
import { namesOf } from "./objects.ts";
import type { Build } from "./story.ts";

/** What a kubelet does for a pod with a projected token: asks for one and writes it where the pod's volume is. */
export async function projectToken(
  { podsDir, signal }: { readonly podsDir: string; readonly signal: AbortSignal },
  admin: KubeAdmin,
  build: Build,
): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const { pod, podUid } = namesOf(build);
  const { namespace, serviceAccount } = build;
  const token = await admin.projectToken({ namespace, name: pod, uid: podUid, serviceAccount }, signal);
  const path = join(podsDir, `${podUid}.oidc-token`);
  await mkdir(podsDir, { recursive: true, mode: 0o700 });
  await token.use((text) => writeFile(path, text, { mode: 0o600 }));
  return { path, remove: () => rm(path, { force: true }) };
}
