import { HOOK } from "./hook";
import { start } from "./page/app";

Object.defineProperty(globalThis, "portfolioVerifier", { value: HOOK });
start();
