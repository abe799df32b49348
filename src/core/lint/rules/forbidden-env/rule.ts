import { pipelineDefaults } from "../../controller-config.ts";
import { found, type LintRule } from "../../rule.ts";

/** Documented and tested by `rule.md` beside this file. */
export const forbiddenEnv: LintRule = {
  id: "forbidden-env",
  code: "CFG-10",
  severity: "high",
  source: [
    "tektoncd/pipeline config/config-defaults.yaml, default-forbidden-env",
    "pipelines chapter §3, Process hygiene",
  ],
  check: ({ set }) =>
    pipelineDefaults(set).flatMap(({ get, map, object }) => {
      const listed = get("default-forbidden-env");
      if (!listed && object.kind !== "ConfigMap") return [];
      const names = new Set((listed?.text ?? "").split(/[\s,]+/));
      const missing = NEEDED.filter((name) => !names.has(name));
      if (missing.length === 0) return [];
      return [
        found(listed ?? map, {
          message: `A run's author can set ${missing.slice(0, 4).join(", ")}${missing.length > 4 ? ` and ${missing.length - 4} more` : ""} inside every step, by its pod template.`,
          fix: `Set \`default-forbidden-env: "${NEEDED.join(", ")}"\`.`,
        }),
      ];
    }),
};

const NEEDED = [
  "NODE_OPTIONS",
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "NODE_EXTRA_CA_CERTS",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_USE_ENV_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "SIGSTORE_ID_TOKEN",
];
