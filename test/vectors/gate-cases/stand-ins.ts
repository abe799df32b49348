import { readDefinitionFile } from "../../../src/adapters/manifests/definition-file.ts";
import { renderPem } from "../../../src/core/bytes/pem.ts";
import { toUtf8 } from "../../../src/core/bytes/utf8.ts";
import { toBase64 } from "../../../src/core/bytes/base64.ts";
import type { DefinitionFile } from "../../../src/core/pipelines/definitions/definition-file.ts";
import type { SourceNode } from "../../../src/core/pipelines/definitions/source-node.ts";
import { makeCertificateDer, newPair } from "../../setup/make-certificate.ts";

/** Short names of the fixtures, and the PEM that each stands for: made once a run. */
const keys = ["k1", "k2", "k3", "rk"].map((name) => [name, renderPem("PUBLIC KEY", newPair().spki)] as const);
const certificates = ["ca1", "ca2", "CHAIN_A", "CHAIN_B"].map((name) => {
  const der = makeCertificateDer({ key: newPair(), subject: "root" });
  return [name, renderPem("CERTIFICATE", der)] as const;
});
export const STAND_INS: ReadonlyMap<string, string> = new Map([...keys, ...certificates]);

/** Members whose value is base64 of what others have as text. */
const ENCODED = /(?:Data|certChain)$/;

/** `sha256:a` stands for a digest of 64 characters. */
export function expandDigests(text: string): string {
  return text.replaceAll(/sha256:a(?![0-9a-f])/g, `sha256:${"a".repeat(64)}`);
}

/** Reads a text of a fixture as a file, with the stand-ins replaced. */
export function readWithStandIns(path: string, text: string): DefinitionFile {
  const file = readDefinitionFile(path, toUtf8(expandDigests(text)));
  return { ...file, documents: file.documents.map((one) => ({ ...one, root: replaceIn(one.root) })) };
}

function replaceIn(node: SourceNode): SourceNode {
  if (node.kind === "list") return { ...node, items: node.items.map(replaceIn) };
  if (node.kind === "map") {
    const fields = [...node.fields].map(([name, field]) => [name, { ...field, node: replaceIn(field.node) }] as const);
    return { ...node, fields: new Map(fields) };
  }
  const nested = node.nested && { nested: replaceIn(node.nested) };
  const pem = STAND_INS.get(node.text);
  if (pem === undefined) return { ...node, ...nested };
  const text = ENCODED.test(String(node.link?.key)) ? toBase64(toUtf8(pem)) : pem;
  return { ...node, value: text, text };
}
