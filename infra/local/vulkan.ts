import { access } from "node:fs/promises";
import { aptHere } from "./apt.ts";
import type { Context } from "./command.ts";
import { withLock } from "./lock.ts";

/** A graphics device in software, for tests of what runs on real ones. */
export interface SoftwareVulkan {
  /** What a process needs in its environment to find this device and no other. */
  readonly environment: Readonly<Record<"VK_DRIVER_FILES" | "VK_ICD_FILENAMES" | "XDG_RUNTIME_DIR", string>>;
}

const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"];
const INSTALL_LOCK = "/run/polyseme-install.lock";
const INSTALL_MS = 1_800_000;

/**
 * SwiftShader as Debian's chromium brings it, and the Vulkan loader, installed first where they are missing and this is
 * root on Debian. (Debian 12's other software driver, llvmpipe, lacks what WebGPU asks for.)
 * @throws Error that says what is missing
 */
export async function haveSoftwareVulkan(context: Context): Promise<SoftwareVulkan> {
  if (!(await isThere())) {
    const apt = await aptHere(context);
    if (apt?.distribution.id !== "debian")
      throw new Error(`Missing: ${DRIVER} and libvulkan.so.1. On Debian: apt-get install chromium libvulkan1.`);
    await withLock(INSTALL_LOCK, INSTALL_MS, context, async () => {
      if (!(await isThere())) await apt.install(["chromium", "libvulkan1"]);
    });
    if (!(await isThere())) throw new Error(`Debian's packages chromium and libvulkan1 brought no ${DRIVER}.`);
  }
  return { environment: { VK_DRIVER_FILES: DRIVER, VK_ICD_FILENAMES: DRIVER, XDG_RUNTIME_DIR: "/tmp" } };
}

async function isThere(): Promise<boolean> {
  const found = await Promise.all(LOADERS.map(exists));
  return found.includes(true) && (await exists(DRIVER));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
