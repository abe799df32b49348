import { runConformance } from "../../app/conformance/run.ts";

const BUG = 70;

try {
  const { exit, text } = await runConformance(process.argv.slice(2), AbortSignal.timeout(120_000));
  process.stderr.write(text);
  process.exitCode = exit;
} catch (error) {
  process.stderr.write(`bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = BUG;
}
