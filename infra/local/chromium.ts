import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { aptHere } from "./apt.ts";
import type { Context } from "./command.ts";
import { withLock } from "./lock.ts";

/** Where the packages of distributions, and Chrome's own, put the browser. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const INSTALL_LOCK = "/run/polyseme-install.lock";
const INSTALL_MS = 1_800_000;

/**
 * The path of a Chromium, installed first where there is none and this is root on Debian. (Ubuntu's package is an empty
 * one that asks for a snap.)
 * @throws Error that says what is missing
 */
export async function haveChromium(context: Context): Promise<string> {
  const present = await find();
  if (present !== undefined) return present;
  const apt = await aptHere(context);
  if (apt?.distribution.id !== "debian")
    throw new Error("There is no Chromium or Chrome here. On Debian: apt-get install chromium.");
  await withLock(INSTALL_LOCK, INSTALL_MS, context, async () => {
    if ((await find()) === undefined) await apt.install(["chromium"]);
  });
  const installed = await find();
  if (installed === undefined) throw new Error("Debian's package chromium brought no /usr/bin/chromium.");
  return installed;
}

async function find(): Promise<string | undefined> {
  for (const path of PLACES) {
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}
