// One application of `emulate` on loopback, with a store of its own, for one test.
//
// The one argument is JSON: `service` (github, slack, …), `port` and `seed` (the package's README tells its shape). It
// says `listening at URL` once it can be used.
import { Server } from "node:net";
import { pathToFileURL } from "node:url";
import { folder } from "./packages.mjs";

const { service, port, seed } = JSON.parse(process.argv[2]);
const base = `http://127.0.0.1:${port}`;

// The package listens on every interface and has no option for that.
const listen = Server.prototype.listen;
Server.prototype.listen = function (...given) {
  return listen.call(this, { port, host: "127.0.0.1" }, given.find((part) => typeof part === "function"));
};

// By its path: the package names its entry for `import` alone, and packages are looked up as `require` does.
const { createEmulator } = await import(pathToFileURL(`${folder}/emulate/dist/api.js`));
await createEmulator({ service, port, seed, baseUrl: base });
console.log(`listening at ${base}`);
