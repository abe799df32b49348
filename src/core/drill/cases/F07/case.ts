import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const f07: DrillCase = pushed("F07", "outside build window", "drill", [
  trial(
    one(
      { at: "2025-11-09T02:00:00Z" },
      {
        ask: {
          time: {
            windows: [
              { days: ["Mon", "Tue", "Wed", "Thu", "Fri"], fromMinute: 360, toMinute: 1200, zone: "Europe/Zurich" },
            ],
            outside: "deny",
          },
        },
      },
    ),
    refuse("window-outside"),
    "Sunday at 3",
  ),
  trial(
    one(
      { at: "2025-10-26T01:00:00Z" },
      {
        ask: {
          time: {
            windows: [
              { days: ["Mon", "Tue", "Wed", "Thu", "Fri"], fromMinute: 360, toMinute: 1200, zone: "Europe/Zurich" },
            ],
            outside: "deny",
          },
        },
      },
    ),
    refuse("window-outside"),
    "the night of a clock change",
  ),
]);
