// oxlint-disable-next-line import/no-unassigned-import -- it is there for what it does, and before all others
import "./empty-environment.ts";
import { processIo } from "../../app/process-io.ts";
import { runSignStep } from "../../app/sign-step/run-sign-step.ts";

/** The signing step of a Tekton Task: no command-line framework, no server, no store. It always resolves. */
void runSignStep(process.argv.slice(2), processIo(process));
