/** Every word the interface says, in Chinese; english.ts has the same in English. `{name}` is filled in by `say`. */

const chinese = {
  title: "问津",
  close: "关闭",
  menu: "更多",
  newChat: "新对话",
  clear: "清除记录",
  cleared: "已清除本机上的对话记录。",
  theme: "外观",
  themeAuto: "跟随系统",
  themeLight: "浅色",
  themeDark: "深色",
  language: "界面语言",
  fullPage: "在新页面中打开",
  transcript: "对话",
  you: "你",
  bot: "问津",
  placeholder: "用自己的话提问…",
  inputLabel: "你的问题",
  send: "发送",
  stop: "停止",
  stopped: "已停止",
  again: "重新回答",
  answering: "正在回答…",
  elsewhere: "正在另一个标签页中回答…",
  toEnd: "回到底部",
  greeting: "想弄明白什么？",
  greetingMore: "用平常说话的方式问就行，答案都注明出处；没有把握时会先问清楚，没有答案就直说。",
  starters: "可以这样问",
  allTopics: "全部",
  sure3: "很有把握",
  sure2: "比较有把握",
  sure1: "把握不大",
  sureExact: "与收录的问题一致",
  confidence: "答对的概率约 {percent}%",
  asked: "对应问题",
  passage: "跳到最相关的一段",
  clarify: "你想问的是哪一个？",
  clarifyMore: "有几个问题都可能是你要找的，请选一个：",
  none: "都不是",
  noneThanks: "知道了，谢谢。换个说法再问问看？",
  noAnswer: "没有找到可靠答案",
  noAnswerMore: "收录的内容里没有能确切回答这个问题的，所以不作猜测。下面是最接近的几个问题：",
  noAnswerAlone: "收录的内容里没有能确切回答这个问题的，所以不作猜测。",
  edit: "修改问题",
  contact: "联系我们",
  related: "相关问题",
  sources: "参考文献",
  source: "出处 {n}：{title}",
  sourceOpen: "查看原文",
  noYear: "年份不详",
  copy: "复制",
  copied: "已复制",
  copyFailed: "没能复制，请手动选择文字",
  copyAnswer: "复制回答",
  copyCode: "复制代码",
  copyTex: "复制公式",
  permalink: "永久链接",
  more: "展开全文",
  less: "收起",
  up: "有帮助",
  down: "没帮助",
  why: "哪里不好？（可不填）",
  reasonWrong: "内容有误",
  reasonOff: "答非所问",
  reasonUnclear: "没讲清楚",
  reasonOther: "其他",
  comment: "还想补充什么？（可不填）",
  submit: "提交",
  thanks: "谢谢，已记下。",
  figure: "放大图片：{alt}",
  figureFailed: "图片没有加载出来：{alt}",
  figureDialog: "图片",
  remoteImage: "图片（外部链接）：{alt}",
  scrollFormula: "公式，可左右滚动",
  scrollTable: "表格，可左右滚动",
  scrollCode: "代码（{language}），可左右滚动",
  suggestions: "相近的问题",
  suggestionsFound: "有 {count} 个相近的问题，可用上下方向键选择",
  retry: "重试",
  offline: "网络已断开。问题已保留，联网后请重试。",
  refused: "连不上服务器，请稍后重试。",
  timeout: "等了很久没有回应，请重试。",
  tooLarge: "问题或对话太长，服务器没有接收。请精简问题，或开始新对话。",
  tooLong: "问题最多 {limit} 个字符，请精简后再发送。",
  invalid: "服务器看不懂这个请求：{detail}",
  busy: "提问太频繁了，{seconds} 秒后可以重试。",
  busyNow: "现在可以重试了。",
  broken: "服务器出了点问题，请稍后重试。",
  cut: "回答传到一半中断了，上面的内容不完整。",
  storage: "浏览器不允许保存记录，关闭页面后这段对话就没有了。",
  entries: "全部问题",
  filter: "筛选问题",
  filterNone: "没有匹配的问题。",
  filterFound: "{count} 个问题",
};

export type Key = keyof typeof chinese;
export type Words = Record<Key, string>;
export type Language = "zh" | "en";
export type Say = (key: Key, values?: Record<string, string | number>) => string;

/** The words of a language; Chinese where the other file cannot be had. `files` is the folder of the built files. */
export async function wordsOf(language: Language, files: string): Promise<Words> {
  if (language === "zh") return chinese;
  try {
    return ((await import(files + ENGLISH_FILE)) as { words: Words }).words;
  } catch {
    return chinese;
  }
}

export function speaker(words: Words): Say {
  return (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The language that a tag such as `en-GB` asks for; Chinese unless it is English. */
export function language(tag: string | null | undefined): Language {
  return /^en\b/i.test(tag ?? "") ? "en" : "zh";
}
