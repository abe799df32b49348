import { one, pushed, refuse, trial, type DrillCase } from "../../drill-case.ts";

export const h05: DrillCase = pushed("H05", "index signed, child deployed", "production", [
  trial(
    one({ place: "index" }, { image: { shape: "index", asked: "child", tagged: true } }),
    refuse("child-not-signed"),
    "with tag",
  ),
  trial(one({ place: "index" }, { image: { shape: "index", asked: "child" } }), refuse("no-signature"), "without"),
]);
