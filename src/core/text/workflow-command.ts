/** A workflow command of GitHub Actions, which becomes an annotation of a line. */
export type WorkflowCommand = {
  readonly command: "error" | "warning" | "notice";
  /** In this order; those without a value are left out. */
  readonly properties: Readonly<Record<string, string | number | undefined>>;
  readonly message: string;
};

/** Renders one command on one line: whatever it quotes, it is one command and its own (GitHub Actions, workflow commands). */
export function renderWorkflowCommand({ command, properties, message }: WorkflowCommand): string {
  const given = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${property(String(value))}`],
  );
  return `::${command}${given.length > 0 ? ` ${given.join(",")}` : ""}::${data(message)}\n`;
}

/** A line break would end the command, and begin one of somebody else. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
