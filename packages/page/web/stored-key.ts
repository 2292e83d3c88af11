const NAME = "polyseme-key";

/** The key, kept for as long as the browser's tab lives and nowhere else. */
export const storedKey = {
  read: (): string => sessionStorage.getItem(NAME) ?? "",
  write(key: string): void {
    if (key === "") sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, key);
  },
};
