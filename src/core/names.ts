/** The product's own names. The API group is provisional and lives here alone, so that it can be changed in one place. */
export const PRODUCT = "countersign";
export const API_GROUP = "countersign.dev";
export const API_VERSION = "countersign.dev/v1alpha1";
export const URN = "urn:countersign:";
