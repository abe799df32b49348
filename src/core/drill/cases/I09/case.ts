import { reviewed, refuse, trial, ADMIT, type DrillCase } from "../../drill-case.ts";

export const i09: DrillCase = reviewed("I09", "image string oddities", "production", [
  trial({ evidence: [{}], reference: ({ image }) => `${image} ` }, refuse("ref-invalid"), "trailing space"),
  trial({ evidence: [{}], reference: ({ image }) => image.replace("@", ":v9@") }, ADMIT, "tag and digest"),
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => image.replace("localhost", "LOCALHOST"),
    },
    ADMIT,
    "host in capitals",
  ),
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => `nginx@${image.replace(/^.*@/, "")}`,
    },
    refuse("no-family"),
    "short name",
  ),
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => image.replace("/drill/", "/Drill/"),
    },
    refuse("ref-invalid"),
    "path in capitals",
  ),
  trial(
    {
      evidence: [{}],
      reference: ({ image }) => image.replace("@", `${"x".repeat(300)}@`),
    },
    refuse("ref-invalid"),
    "300 characters",
  ),
]);
