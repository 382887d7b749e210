// Builds service/widget from src: everything but widget.js carries a hash of its content in its name, so that it may be
// kept for ever; widget.js knows the name of the chat, and the chat those of what it fetches later.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const OUT = new URL("../service/widget/", import.meta.url);
const KATEX = new URL("node_modules/katex/", import.meta.url);
const LICENCES = ["katex", "highlight.js", "marked"];

const hashed = (name, content) => {
  const [, stem, end] = /^(.*)(\.[^.]+)$/.exec(name);
  return `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 10)}${end}`;
};

const minified = { name: "minified css", setup(chain) {
  chain.onLoad({ filter: /\.css$/ }, async ({ path }) => {
    let source = await readFile(path, "utf8");
    if (path.includes("katex")) source = source.replace(/@font-face\s*\{[^}]*\}/g, "");
    const { outputFiles } = await build({ stdin: { contents: source, loader: "css" }, minify: true, write: false, charset: "utf8", target: "chrome123" });
    return { contents: outputFiles[0].text.trim(), loader: "text" };
  });
} };

// marked publishes one minified file that cannot be shaken; its source map carries the modules it was made of, of which
// only the lexer is wanted: 12 KB instead of 15, compressed.
const lexer = { name: "marked's lexer", async setup(chain) {
  const map = JSON.parse(await readFile(new URL("node_modules/marked/lib/marked.esm.js.map", import.meta.url), "utf8"));
  const modules = new Map(map.sources.map((path, i) => [basename(path), map.sourcesContent[i]]));
  chain.onResolve({ filter: /^marked$/ }, () => ({ path: "Lexer.ts", namespace: "marked" }));
  chain.onResolve({ filter: /^\.\//, namespace: "marked" }, ({ path }) => ({ path: basename(path), namespace: "marked" }));
  const source = (path) => modules.get(path).replaceAll("this.options.pedantic", "false"); // the dialect of 2004
  chain.onLoad({ filter: /^Lexer\.ts$/, namespace: "marked" }, ({ path }) => ({ contents: `${source(path)}\nexport { _Lexer as Lexer };`, loader: "ts" }));
  chain.onLoad({ filter: /./, namespace: "marked" }, ({ path }) => ({ contents: source(path), loader: "ts" }));
} };

async function bundle(name, format, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [`src/${name}.ts`], bundle: true, minify: true, write: false, format, define, plugins: [minified, lexer],
    target: ["chrome120", "firefox128", "safari17.5"], charset: "utf8", legalComments: "none", logLevel: "warning",
  });
  return outputFiles[0].contents;
}

async function put(name, content) {
  await writeFile(new URL(name, OUT), content);
  return name;
}

// KaTeX's own font faces, read from its style sheet; only woff2, which every browser that runs this can read.
async function fonts() {
  const css = await readFile(new URL("dist/katex.min.css", KATEX), "utf8");
  const faces = [];
  for (const [, body] of css.matchAll(/@font-face\s*\{([^}]*)\}/g)) {
    const value = (property) => new RegExp(`${property}:\\s*([^;]+)`).exec(body)[1].replaceAll('"', "").trim();
    const file = /url\(([^)]*\.woff2)\)/.exec(body)[1];
    const content = await readFile(new URL(`dist/${file}`, KATEX));
    faces.push([value("font-family"), value("font-weight"), value("font-style"), await put(hashed(basename(file), content), content)]);
  }
  return faces;
}

await rm(OUT, { recursive: true, force: true });
await mkdir(new URL("licences/", OUT), { recursive: true });
const string = JSON.stringify;
const math = await bundle("math", "esm", { MATH_FONTS: string(await fonts()) });
const code = await bundle("code", "esm");
const MATH_FILE = string(await put(hashed("math.js", math), math));
const CODE_FILE = string(await put(hashed("code.js", code), code));
const english = await bundle("english", "esm");
const ENGLISH_FILE = string(await put(hashed("english.js", english), english));
const extras = await bundle("extras", "esm");
const EXTRAS_FILE = string(await put(hashed("extras.js", extras), extras));
const chat = await bundle("chat", "esm", { MATH_FILE, CODE_FILE, ENGLISH_FILE, EXTRAS_FILE });
const CHAT_FILE = string(await put(hashed("chat.js", chat), chat));
const entry = await bundle("entry", "esm", { MATH_FILE, CODE_FILE });
await put(hashed("entry.js", entry), entry);
await put("widget.js", await bundle("widget", "iife", { CHAT_FILE, ENGLISH_FILE }));
const page = await readFile("src/page.css");
await put(hashed("page.css", page), page);
for (const name of LICENCES) {
  const folder = new URL(`node_modules/${name}/`, import.meta.url);
  const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  await cp(new URL(licence, folder), new URL(`licences/${name}.txt`, OUT));
}
