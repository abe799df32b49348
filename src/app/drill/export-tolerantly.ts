import {
  isLooser,
  type ExchangeContext,
  type ExportedDocument,
  type ExportFormat,
  type LossField,
} from "../../core/policy/exports/engine.ts";
import type { TrustPolicySet } from "../../core/policy/trust-policy.ts";

/**
 * How well a signature is logged and certified, which no verifier of others asks as we do. The drill accepts these losses,
 * since without them there would be nothing to ask; which answers that makes wrong is what it is to show.
 */
const TOLERATED: ReadonlySet<LossField> = new Set(["log-proof", "san-type", "sct", "root-validity"]);

/** The documents of an engine with what the drill tolerates accepted; or the first loss that it does not. */
export function exportTolerantly(
  format: ExportFormat,
  policy: TrustPolicySet,
  context: ExchangeContext,
): readonly ExportedDocument[] | string {
  const { losses } = format.export(policy, new Set(), context);
  const accepted = losses.filter((loss) => isLooser(loss) && TOLERATED.has(loss.field)).map(({ id }) => id);
  const exported = format.export(policy, new Set(accepted), context);
  if (exported.refused.length === 0) return exported.documents;
  return exported.losses.find((loss) => isLooser(loss) && !loss.accepted)?.effect ?? "nothing is written for it";
}
