import { loosened, signedPairs, undecided, whereOf, type ChangeRule } from "../change.ts";

/** Documented and tested by `rule.md` beside this file. */
export const signerImageChanged: ChangeRule = {
  id: "signer-image-changed",
  code: "GS009",
  source: ["change-gate chapter §5, GS009"],
  check: (change) =>
    signedPairs(change).flatMap(({ pair, before, after }) => {
      const [was, is] = [before.image, after.image];
      if (was === undefined || is === undefined || was === is || change.config.signerImages.includes(is)) return [];
      const said = { pair, witness: { image: is }, where: whereOf("head", after.node) };
      if (isPinned(was) && !isPinned(is)) {
        return [
          loosened({
            ...said,
            says: `the image that signs was fixed by its digest, and now is whatever ${is} is at that moment`,
          }),
        ];
      }
      // An image that gets fixed is one of those that could run before.
      if (!isPinned(was) && isPinned(is) && repositoryOf(was) === repositoryOf(is)) return [];
      if (digestOf(was) !== undefined && digestOf(was) === digestOf(is)) return [];
      return [
        undecided({
          ...said,
          says: `the image that signs is ${is} instead of ${was}`,
          open: {
            reason: "what the new image does is not in sight",
            decide: "Add its digest to signerImages of the gate's configuration, in a change of its own.",
          },
        }),
      ];
    }),
};

function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

function isPinned(image: string): boolean {
  return digestOf(image) !== undefined;
}

function repositoryOf(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^/]*$/, "");
}
