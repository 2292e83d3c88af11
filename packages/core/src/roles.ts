/** What a key may do, least first: each may also do what those before it may. */
export const KEY_ROLES = ["read", "write", "admin"] as const;
export type KeyRole = (typeof KEY_ROLES)[number];
