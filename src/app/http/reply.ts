import { toBase64Url } from "../../core/bytes/base64.ts";
import { toUtf8 } from "../../core/bytes/utf8.ts";
import { sha256 } from "../../core/digest.ts";
import { renderCsv } from "../output/table.ts";
import type { Answer, Csv } from "./route.ts";

type Headers = Readonly<Record<string, string | undefined>>;
type Outgoing = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** An answer as bytes, in the representation that is accepted; 304 when the caller has it already. */
export function replyOf(answer: Exclude<Answer, { kind: "problem" }>, headers: Headers): Outgoing {
  if (answer.kind === "immutable") {
    const common = { etag: `"${tagOf(answer.bytes)}"`, "cache-control": "private, max-age=31536000, immutable" };
    return conditional(headers, common, { type: answer.contentType, body: () => answer.bytes });
  }
  const { csv } = answer;
  const tag = tagOf(toUtf8(JSON.stringify(answer.etagOf ?? answer.value)));
  if (csv && wantsCsv(headers)) {
    const common = {
      ...listHeaders(`W/"${tag}-csv"`),
      "content-disposition": `attachment; filename="${csv.name}.csv"`,
    };
    return conditional(headers, common, { type: "text/csv; charset=utf-8; header=present", body: () => csvBytes(csv) });
  }
  const body = (): Uint8Array => toUtf8(JSON.stringify(answer.value));
  return conditional(headers, listHeaders(`W/"${tag}"`), { type: "application/json", body });
}

function listHeaders(etag: string): Readonly<Record<string, string>> {
  return { etag, "cache-control": "private, no-cache", vary: "accept, cookie, authorization" };
}

function wantsCsv(headers: Headers): boolean {
  return /\btext\/csv\b/.test(headers["accept"] ?? "");
}

function csvBytes({ titles, rows }: Csv): Uint8Array {
  const columns = titles.map((title, i) => ({ title, cell: (row: readonly string[]) => row[i] ?? "" }));
  return toUtf8(renderCsv({ columns, rows }));
}

function conditional(
  headers: Headers,
  common: Readonly<Record<string, string>>,
  content: { readonly type: string; readonly body: () => Uint8Array },
): Outgoing {
  const known = (headers["if-none-match"] ?? "").split(/, */);
  if (known.includes(common["etag"] ?? "")) return { status: 304, headers: common, body: new Uint8Array() };
  return { status: 200, headers: { ...common, "content-type": content.type }, body: content.body() };
}

function tagOf(bytes: Uint8Array): string {
  return toBase64Url(sha256(bytes)).slice(0, 22);
}
