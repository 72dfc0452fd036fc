// Loads packages from the folder that `cargo xtask test` installed them into: modules are not found through variables.
import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Node 18 has it, but not under this name.
globalThis.crypto ??= webcrypto;

export const folder = process.env.TENON_NODE_MODULES;
if (!folder) throw new Error("TENON_NODE_MODULES is not set; run `cargo xtask test`");
const installed = createRequire(`${folder}/here.js`);

export const load = (name) => import(pathToFileURL(installed.resolve(name)));
export const pathOf = (file) => installed.resolve(file);
