import { eventStoreContract } from "../../ports/event-store.contract.ts";
import { virtualEventStore } from "./event-store.ts";

eventStoreContract("virtual", () => ({ store: virtualEventStore() }));
