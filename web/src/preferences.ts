/** How a reader likes the chat to look, kept on their device for this site. */

export type Theme = "auto" | "light" | "dark";

export interface Preferences {
  theme?: Theme;
  language?: "zh" | "en";
}

const NAME = "wenjin:preferences";

export function preferences(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}") as Preferences | null;
    const { theme, language } = kept ?? {};
    return {
      ...(theme === "light" || theme === "dark" || theme === "auto" ? { theme } : {}),
      ...(language === "zh" || language === "en" ? { language } : {}),
    };
  } catch {
    return {};
  }
}

export function prefer(change: Preferences): void {
  try {
    localStorage.setItem(NAME, JSON.stringify({ ...preferences(), ...change }));
  } catch {
    // It then holds for this page only.
  }
}
