// `stripe-stateful-mock` on loopback, for one test. The one argument is the port; it says `listening at URL`.
import { load } from "./packages.mjs";

// It logs at its own taste otherwise.
process.env.LOG_LEVEL = "error";
const { default: mock } = await load("stripe-stateful-mock");
const port = Number(process.argv[2]);
mock.createExpressApp().listen(port, "127.0.0.1", () => console.log(`listening at http://127.0.0.1:${port}`));
