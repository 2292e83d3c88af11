import { createHash, randomBytes } from "node:crypto";

/** What secret scanners and people know a key by. */
const KEY_PREFIX = "psk_";
const KEY_BYTES = 32;
const ID_BYTES = 9;

/** A new key: `secret` is shown once and kept nowhere. */
export function makeKey(): { readonly id: string; readonly secret: string; readonly hash: Buffer } {
  const secret = KEY_PREFIX + randomBytes(KEY_BYTES).toString("base64url");
  return { id: `k_${randomBytes(ID_BYTES).toString("base64url")}`, secret, hash: hashKey(secret) };
}

/**
 * What is stored and compared. One round of SHA-256 is right here: a slow hash defends passwords, which can be guessed;
 * nobody guesses 256 random bits, at any speed, and each request is hashed.
 */
export function hashKey(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
