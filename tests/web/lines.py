"""Reads off a browser how text was broken into lines. Knows nothing of what breaks it."""

BAD_BREAKS = """(root) => {
  const BLOCKS = 'p, li, td, th, h1, h2, h3, h4, h5, h6, blockquote, .caption, figcaption';
  const bad = [];
  let home = null, before = null, text = '';
  const put = (what, box, block) => {
    if (!box.width) return;
    if (block === home && before && box.left < before.box.left) {
      const begins = /^[，。；：、！？）」』】》”’]/.test(what) || what === '[1]';
      if (begins || /[（「『【《“‘]$/.test(before.what)) bad.push(text.slice(-12) + '|' + what);
    }
    home = block;
    before = { what, box };
    text += what;
  };
  const walk = (node) => {
    if (node instanceof Text) {
      for (let i = 0; i < node.length; i++) {
        if (!node.data[i].trim()) continue;
        const range = document.createRange();
        range.setStart(node, i);
        range.setEnd(node, i + 1);
        put(node.data[i], range.getBoundingClientRect(), node.parentElement.closest(BLOCKS));
      }
    } else if (node.matches?.('.cite')) put('[1]', node.getBoundingClientRect(), node.closest(BLOCKS));
    else if (node.matches?.('.katex-base')) put('$x$', node.getBoundingClientRect(), node.closest(BLOCKS));
    else if (!node.matches?.('.katex-mathml, .display, pre, button, .unseen')) node.childNodes.forEach(walk);
  };
  walk(root);
  return bad;
}"""
"""Where within an element a line begins with closing punctuation or a citation, or ends with opening punctuation: what
stands before the break and behind it. A line has begun where something stands further left than what it follows."""

BROKEN_CELLS = """(root) => {
  const lines = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.bottom / 12))).size;
  };
  const word = /^[\\p{L}\\p{N}]{1,12}$/u;
  const cells = [...root.querySelectorAll('td')].filter((cell) => !cell.firstElementChild && word.test(cell.textContent));
  return cells.filter((cell) => lines(cell) > 1).map((cell) => cell.textContent);
}"""
"""Cells of tables that hold one word, and not on one line."""
