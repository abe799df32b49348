import { factsStoreContract } from "../../ports/facts-store.contract.ts";
import { virtualFactsStore } from "./facts-store.ts";

factsStoreContract("in memory", () => ({ store: virtualFactsStore() }));
