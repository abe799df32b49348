import { container, renderReviewRequest, workload } from "../../review.ts";
import { reviewed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const b05: DrillCase = reviewed(
  "B05",
  "unsigned in CronJob, Job, StatefulSet, DaemonSet, ReplicaSet, RC, DeploymentConfig, PodTemplate",
  "production",
  [
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({ kind: "CronJob", object: workload("CronJob", { containers: [container(unsigned)] }) }),
      },
      refuse("no-signature"),
      "CronJob",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({ kind: "Job", object: workload("Job", { containers: [container(unsigned)] }) }),
      },
      refuse("no-signature"),
      "Job",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({
            kind: "StatefulSet",
            object: workload("StatefulSet", { containers: [container(unsigned)] }),
          }),
      },
      refuse("no-signature"),
      "StatefulSet",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({
            kind: "DaemonSet",
            object: workload("DaemonSet", { containers: [container(unsigned)] }),
          }),
      },
      refuse("no-signature"),
      "DaemonSet",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({
            kind: "ReplicaSet",
            object: workload("ReplicaSet", { containers: [container(unsigned)] }),
          }),
      },
      refuse("no-signature"),
      "ReplicaSet",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({
            kind: "ReplicationController",
            object: workload("ReplicationController", { containers: [container(unsigned)] }),
          }),
      },
      refuse("no-signature"),
      "ReplicationController",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({
            kind: "DeploymentConfig",
            object: workload("DeploymentConfig", { containers: [container(unsigned)] }),
          }),
      },
      refuse("no-signature"),
      "DeploymentConfig",
    ),
    trial(
      {
        evidence: [{}],
        review: ({ unsigned }) =>
          renderReviewRequest({
            kind: "PodTemplate",
            object: workload("PodTemplate", { containers: [container(unsigned)] }),
          }),
      },
      refuse("no-signature"),
      "PodTemplate",
    ),
  ],
);
