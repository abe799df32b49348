import { clusterStoreContract } from "../../ports/cluster-store.contract.ts";
import { signatureStoreContract } from "../../ports/signature-store.contract.ts";
import { virtualClusterStore } from "./cluster-store.ts";
import { virtualSignatureStore } from "./signature-store.ts";

clusterStoreContract("virtual", () => ({ store: virtualClusterStore() }));
signatureStoreContract("virtual", () => ({ store: virtualSignatureStore() }));
