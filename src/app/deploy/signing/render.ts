import type { JsonValue } from "../../output/json-value.ts";
import { renderAdmission } from "./admission.ts";
import {
  renderPipeline,
  renderPipelineRun,
  renderPlacement,
  renderRunReader,
  renderServiceAccount,
} from "./namespace.ts";
import type { Part, SigningOptions } from "./options.ts";
import { renderStepAction, renderTask } from "./task.ts";

/** The Kubernetes objects of one part of the signing step's installation. `stringify` writes YAML, for the placement. */
export function renderPart(
  part: Part,
  options: SigningOptions,
  stringify: (value: JsonValue) => string,
): readonly JsonValue[] {
  switch (part) {
    case "task":
      return [renderTask(options), renderStepAction(options)];
    case "namespace":
      return options.namespaces.flatMap((namespace) => [
        renderServiceAccount(options, namespace),
        ...(options.provenance ? renderRunReader(options, namespace) : []),
        renderPlacement(options, namespace, stringify),
        renderPipeline(options, namespace),
        renderPipelineRun(options, namespace),
      ]);
    case "admission":
      return renderAdmission(options);
    default:
      return part satisfies never;
  }
}
