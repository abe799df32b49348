import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesPath, parsePathGlob, reachesBelow, type PathGlob } from "./path-glob.ts";
import { selectFiles } from "./select-files.ts";
import type { TreeEntry } from "./tree-entry.ts";

const glob = (text: string): PathGlob => parsePathGlob(text) ?? { text, segments: [] };

describe("path globs", () => {
  test.each([
    ["**/*.yaml", "a.yaml", true],
    ["**/*.yaml", "a/b/c.yaml", true],
    ["**/*.yaml", "a/b/c.yml", false],
    ["*.yaml", "a/b.yaml", false],
    ["a/**", "a/b/c", true],
    ["a/**", "a", true],
    ["a/**/c", "a/c", true],
    ["a/**/c", "a/b/b/c", true],
    ["a/**/c", "a/b/cc", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["*b*", "abc", true],
    ["?", "🙂", true],
    ["a.yaml", "aXyaml", false],
    ["**", "x", true],
  ])("%s on %s: %s", (pattern, path, expected) => {
    expect(matchesPath(glob(pattern), path)).toBe(expected);
  });

  test.each([
    "",
    "/a",
    "a/",
    "a//b",
    "./a",
    "a/../b",
    "a**",
    "**b/c",
    "[a]",
    "{a,b}",
    "!a",
    "a\\*",
    "a\nb",
    "x".repeat(1025),
  ])("%j is no pattern", (text) => {
    expect(parsePathGlob(text)).toBeUndefined();
  });

  test.each([
    ["**/*.yaml", "any/where", true],
    ["a/*.yaml", "a", true],
    ["a/*.yaml", "a/b", false],
    ["a/*/c", "a/b", true],
    ["b/**", "a", false],
    ["a", "a", false],
  ])("%s reaches below %s: %s", (pattern, folder, expected) => {
    expect(reachesBelow(glob(pattern), folder)).toBe(expected);
  });

  test("a pattern that matches below a folder reaches below it", () => {
    const segment = fc.constantFrom("a", "b", "*", "**", "?");
    const part = fc.constantFrom("a", "b");
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 4 }),
        fc.array(part, { minLength: 2, maxLength: 4 }),
        (p, parts) => {
          const pattern = glob(p.join("/"));
          if (!matchesPath(pattern, parts.join("/"))) return;
          for (let i = 1; i < parts.length; i++) expect(reachesBelow(pattern, parts.slice(0, i).join("/"))).toBe(true);
        },
      ),
    );
  });

  test("does not take long over a hostile pattern", () => {
    expect(matchesPath(glob(`${"*a".repeat(200)}b`), "a".repeat(5000))).toBe(false);
    expect(matchesPath(glob(`${"**/a/".repeat(100)}b`), Array.from({ length: 3000 }, () => "a").join("/"))).toBe(false);
  });
});

const CHOICE = { include: [glob("**/*.yaml")], exclude: [glob("vendor/**")] };
const file = (path: string): TreeEntry => ({ path, kind: "file", id: path });
const link = (path: string, target: string): TreeEntry => ({ path, kind: "link", id: path, target });

/** `path<-entry` of each file, then `path!why` of each problem, then `path@` of each module. */
function select(...entries: readonly TreeEntry[]): readonly string[] {
  const { files, problems, modules } = selectFiles(entries, CHOICE);
  return [
    ...files.map(({ path, entry }) => (path === entry.path ? path : `${path}<-${entry.path}`)),
    ...problems.map(({ path, why }) => `${path}!${why}`),
    ...modules.map(({ path }) => `${path}@`),
  ];
}

describe("selectFiles", () => {
  test.each<[string, readonly TreeEntry[], readonly string[]]>([
    ["files that are included", [file("a.yaml"), file("b/c.yaml"), file("d.txt")], ["a.yaml", "b/c.yaml"]],
    ["not what is excluded", [file("vendor/a.yaml")], []],
    ["what a link leads to", [file("a.txt"), link("b.yaml", "a.txt")], ["b.yaml<-a.txt"]],
    ["what lies under two names once", [file("a.yaml"), link("b.yaml", "a.yaml")], ["a.yaml"]],
    [
      "through folders and links",
      [file("x/y/a.txt"), link("l", "x"), link("b/c.yaml", "../l/./y/a.txt")],
      ["b/c.yaml<-x/y/a.txt"],
    ],
    [
      "the files of a folder that a link leads to",
      [file("vendor/x/a.yaml"), link("p", "vendor/x")],
      ["p/a.yaml<-vendor/x/a.yaml"],
    ],
    ["not what a link out of sight leads to", [link("b.txt", "/etc/passwd")], []],
    ["other repositories where files could be", [{ path: "m", kind: "module", id: "1" }], ["m@"]],
    ["not other repositories that are excluded", [{ path: "vendor/m", kind: "module", id: "1" }], []],
  ])("finds %s", (_, entries, expected) => {
    expect(select(...entries)).toEqual(expected);
  });

  test.each<[string, readonly TreeEntry[], string]>([
    ["an absolute link", [link("a.yaml", "/etc/passwd")], "leads out of the tree"],
    ["a link that climbs out", [link("b/a.yaml", "../../x")], "leads out of the tree"],
    ["a link to nothing", [link("a.yaml", "b")], "leads to nothing"],
    ["a link to itself", [link("a.yaml", "a.yaml")], "leads through more than 8 links"],
    [
      "a link into another repository",
      [link("a.yaml", "m"), { path: "m", kind: "module", id: "1" }],
      "leads to what is no file",
    ],
    ["a link to the folder above", [link("p", "."), file("x.txt")], "is a link to a folder above itself"],
    ["a pipe", [{ path: "a.yaml", kind: "other", id: "" }], "is no regular file"],
  ])("refuses %s", (_, entries, why) => {
    expect(select(...entries).join()).toContain(why);
  });

  test("follows eight links and not nine", () => {
    expect(select(...chain(8))).toEqual(["a.yaml<-f0"]);
    expect(select(...chain(9)).join()).toContain("more than 8");
  });

  test("has a limit of files", () => {
    const entries = Array.from({ length: 50_001 }, (_, i) => file(`${i}.yaml`));
    expect(selectFiles(entries, CHOICE).problems).toEqual([{ path: "", why: "more than 50000 files are included" }]);
  });
});

/** A file, links to it and to each other, and at the end the one that is included: as many links as `count`. */
function chain(count: number): readonly TreeEntry[] {
  return [
    file("f0"),
    ...Array.from({ length: count - 1 }, (_, i) => link(`f${i + 1}`, `f${i}`)),
    link("a.yaml", `f${count - 1}`),
  ];
}
