export { openPage, type Page, type PageFile } from "./page.ts";
