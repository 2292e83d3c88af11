// Builds the page: part of `npm run build` and of the image, and run by a server in a checkout when it is first asked.
import { placesHere } from "./places.ts";

// As Vite would set it; a test runner's own would go into the page.
process.env["NODE_ENV"] = "production";
const { buildPage } = await import("./build-page.ts");
await buildPage(placesHere());
