import type { ImageFamily } from "../trust-policy.ts";
import type { Field } from "./field.ts";
import { readImagePatterns } from "./image-pattern.ts";
import { readRequirement, type RequirementReading } from "./requirement.ts";
import { choiceOf, listOf, nameOf, textOf } from "./scalars.ts";
import { readTimeRules } from "./time-rules.ts";

const PLATFORM = /^[a-z0-9]+\/[a-z0-9]+(?:\/v[0-9]+)?$/;

/** A family, and where it stands, for the rules that look at several. */
export type PlacedFamily = { readonly family: ImageFamily; readonly field: Field };

/** Reads one family. */
export function readFamily(field: Field, reading: RequirementReading): PlacedFamily {
  field.only("name", "images", "except", "require", "platforms", "claims", "time", "reason");
  const images = field.at("images");
  if (images.items().length === 0) images.problem("TP004", `${images.path} names no image`);
  if (field.at("reason").present) textOf(field.at("reason"));
  const family: ImageFamily = {
    name: nameOf(field.at("name")),
    images: readImagePatterns(images),
    except: readImagePatterns(field.at("except")),
    require: readRequirement(field.at("require"), reading),
    platforms: listOf(field.at("platforms")).map((item) => readPlatform(item)),
    reference: choiceOf(field.at("claims").only("reference").at("reference"), ["ignore", "repository"]),
    time: readTimeRules(field.at("time"), reading.context),
  };
  return { family, field };
}

function readPlatform(field: Field): string {
  const text = textOf(field);
  if (text !== "" && !PLATFORM.test(text))
    field.problem("TP007", `${field.path} is not a platform`, "os/arch or os/arch/variant.");
  return text;
}
