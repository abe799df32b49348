import { processIo } from "../../app/process-io.ts";
import { runCli } from "../cli/run.ts";

/** The webhook's own process, which images start: it has one command, and starts with that alone. */
await runCli(["webhook", ...process.argv.slice(2)], processIo(process), [
  {
    name: "webhook",
    summary: "answer the API server about the images that are to run",
    group: "Operate",
    load: () => import("./webhook.ts"),
  },
]);
