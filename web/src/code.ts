/** highlight.js with a few languages, as a file of its own. Builds nodes from its token tree; its HTML is not used. */

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";

export { default as css } from "./code.css";

interface Branch {
  scope?: string;
  children: (Branch | string)[];
}

hljs.registerLanguage("python", python);
hljs.registerLanguage("bash", bash);
hljs.registerLanguage("cpp", cpp);
hljs.registerLanguage("json", json);
hljs.registerAliases(["sh", "shell", "console"], { languageName: "bash" });
hljs.registerAliases(["c"], { languageName: "cpp" });

/** The code as spans with a class per kind of token; null for a language that is not known. */
export function colour(code: string, language: string): DocumentFragment | null {
  if (!hljs.getLanguage(language)) return null;
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  // The emitter is not public; package-lock.json pins the version, and a browser test sees the colours.
  const tree = (result._emitter as unknown as { rootNode: Branch }).rootNode;
  const fragment = document.createDocumentFragment();
  fragment.append(...tree.children.map(node));
  return fragment;
}

function node(branch: Branch | string): Node {
  if (typeof branch === "string") return document.createTextNode(branch);
  const span = document.createElement("span");
  if (branch.scope) span.className = `hl-${branch.scope.split(".")[0] ?? ""}`;
  span.append(...branch.children.map(node));
  return span;
}
