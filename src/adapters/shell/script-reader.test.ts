import { scriptReaderContract } from "../../ports/script-reader.contract.ts";
import { shellScriptReader } from "./script-reader.ts";

scriptReaderContract(shellScriptReader);
