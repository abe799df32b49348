import { artifactHref } from "../format/links.ts";
import { shortDigest } from "../format/visible.ts";
import { Link } from "./link.tsx";

/** A digest as a link to its artifact, clipped, whole on hover. */
export function DigestText({ digest }: { readonly digest: string }): React.ReactElement {
  return (
    <Link to={artifactHref(digest)} className="cs-code" title={digest}>
      {shortDigest(digest)}
    </Link>
  );
}
