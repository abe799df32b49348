import { describe, expect, test } from "vitest";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readAdmissionReview } from "../../src/core/admission/review.ts";
import { imagesOfRequest } from "../../src/core/admission/workload-images.ts";

const FOLDER = resolve(process.env["COUNTERSIGN_FIXTURES"] ?? "../shared/fixtures", "admission/admissionreview");
type Listed = { readonly file: string; readonly images: readonly [string, string][] };
const listed: readonly Listed[] = existsSync(FOLDER)
  ? JSON.parse(readFileSync(join(FOLDER, "expected-images.json"), "utf8"))
  : [];

describe.skipIf(listed.length === 0)("AdmissionReviews of every workload kind", () => {
  test.each(listed.map(({ file, images }) => [file, images] as const))("%s", (file, images) => {
    const review = readAdmissionReview(new Uint8Array(readFileSync(join(FOLDER, file))));
    const found = review.ok ? imagesOfRequest(review.value) : review;
    const judged = found.ok ? found.value.filter(({ unchanged }) => !unchanged) : found;
    expect(Array.isArray(judged) && places(judged.map(({ path, image }) => [path, image]))).toEqual(places(images));
  });
});

function places(all: readonly (readonly [string, string])[]): readonly string[] {
  return all.map(String).toSorted();
}
