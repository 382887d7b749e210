/** The few words that the loader says by itself; the chat's are fetched with it. */

export const LAUNCHER = { zh: "打开问答", en: "Ask a question" };
export const RETRY = {
  zh: "问答没有加载出来，请检查网络后再点一次。",
  en: "The chat could not be loaded. Check your connection and press again.",
};

/** The language an element asks for, or its page is in. */
export function language(element: HTMLElement): "zh" | "en" {
  const wanted = element.getAttribute("lang");
  return /^en\b/i.test(wanted && wanted !== "auto" ? wanted : document.documentElement.lang) ? "en" : "zh";
}
