import { tileStoreContract } from "../../ports/tile-store.contract.ts";
import { memoryTileStore } from "./tile-store.ts";

tileStoreContract("memoryTileStore", async () => ({ store: memoryTileStore(), close: async () => undefined }));
