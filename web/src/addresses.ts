/** Which addresses an answer may lead to. */

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** `address` in full when it leads somewhere harmless; null for `javascript:`, `data:` and whatever else. */
export function harmless(address: string, base: string): string | null {
  try {
    const url = new URL(address, base);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** `address` in full when it lies below `base`, so that nothing is fetched from anybody else. */
export function within(address: string, base: string): string | null {
  const url = harmless(address, base);
  return url && url.startsWith(base) ? url : null;
}
