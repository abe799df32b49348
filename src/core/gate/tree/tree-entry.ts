/** What stands at a path of a tree. A `module` is another repository (a gitlink); an `other` is a device, a socket, a pipe. */
export type TreeEntry = {
  /** Parts joined by `/`, none of them empty, `.` or `..`. Bytes that are not UTF-8 are written `\xHH`. */
  readonly path: string;
  readonly kind: "file" | "link" | "module" | "other";
  /** Two entries of one change with the same id have the same content. */
  readonly id: string;
  /** Of a link: what it points to, as written. */
  readonly target?: string;
};
