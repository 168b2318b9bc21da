/** What is measured in a page of the report: functions as text, since they run in the browser. */

/** Texts of a figure that lie on each other or stick out of it. */
export const overlaps = `() => {
  const hits = [];
  for (const figure of document.querySelectorAll("svg[data-figure]")) {
    const name = figure.dataset.figure;
    const boxes = [...figure.querySelectorAll("text")].filter((text) => text.textContent.trim() !== "").map((text) => [text.textContent, text.getBoundingClientRect()]);
    boxes.forEach(([text, a], index) => boxes.slice(index + 1).forEach(([other, b]) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 4) hits.push(name + ": " + text + " | " + other);
    }));
    const frame = figure.getBoundingClientRect();
    for (const [text, box] of boxes) if (box.right > frame.right + 2 || box.left < frame.left - 2) hits.push(name + ": out of the frame: " + text);
  }
  return hits;
}`;

/** Things of the page, other than those that scroll in a box of their own, that reach beyond its width. */
export const outside = `() => {
  const width = document.documentElement.clientWidth;
  const inBox = (element) => element.closest(".scroll, pre, .skip, .zoom, nav") !== null;
  return [...document.querySelectorAll("body *")]
    .filter((element) => !inBox(element) && !(element instanceof SVGElement) && getComputedStyle(element).display !== "none")
    .filter((element) => { const box = element.getBoundingClientRect(); return box.width > 0 && (box.right > width + 1 || box.left < -1) && box.left > -500; })
    .map((element) => element.tagName + ": " + element.textContent.trim().slice(0, 60));
}`;

/** Contrast of every text with the first opaque background behind it (WCAG 2.2, 1.4.3): the least one, and whose it is. */
export const fewestContrast = `() => {
  const channel = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  let worst = [99, ""];
  for (const element of document.querySelectorAll("main *, header *, nav *, footer *, .drawing text")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own || ["TITLE", "DESC", "title", "desc", "style"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    if (style.display === "none") continue;
    const colour = element instanceof SVGElement ? style.fill : style.color;
    let behind = element;
    let back = [0, 0, 0, 0];
    while (behind && (back = parse(getComputedStyle(behind).backgroundColor)).length === 4 && back[3] === 0) behind = behind.parentElement;
    const paper = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches ? [21, 25, 30] : [255, 255, 255];
    const [a, b] = [light(parse(colour)), light(behind ? back : paper)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, element.textContent.trim().slice(0, 40) + " " + colour];
  }
  return worst;
}`;
