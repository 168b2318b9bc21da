/** What a reader of an SVG file sees: its texts, and its marks by the titles that they carry. */
import { parseHTML } from "linkedom";

interface Node {
  readonly textContent: string;
  readonly parentElement: Node | null;
  getAttribute(name: string): string | null;
  closest(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
}

export interface Mark {
  /** Class of the mark, e.g. `run invalid`. */
  readonly kind: string;
  readonly title: string;
  readonly colour: string;
}

function parse(svg: string): Node {
  const { document } = parseHTML(`<html><body>${svg}</body></html>`) as unknown as { document: Node };
  return document;
}

/** Marks with a title, in the order in which they are drawn. */
export function marksOf(svg: string): Mark[] {
  return [...parse(svg).querySelectorAll("g title")].map((title) => {
    const group = title.closest("g[class]");
    const own = title.parentElement;
    const paint = (node: Node | null): string =>
      [node?.getAttribute("fill"), node?.getAttribute("stroke")].find((value) => value?.startsWith("#") === true) ?? "";
    return {
      kind: group?.getAttribute("class") ?? "",
      title: title.textContent,
      colour: paint(own) === "" ? paint(group) : paint(own),
    };
  });
}

/** All texts that are drawn. */
export function textsOf(svg: string): string[] {
  return [...parse(svg).querySelectorAll("text")].map(({ textContent }) => textContent);
}

/** Texts of axis labels of rows with their height in the drawing, in pixels from the top. */
export function rowLabels(svg: string): { text: string; y: number }[] {
  return [...parse(svg).querySelectorAll('g[aria-label="y-axis tick label"] text')].map((node) => ({
    text: node.textContent,
    y: Number(/,([\d.-]+)\)/.exec(node.getAttribute("transform") ?? "")?.[1] ?? Number.NaN),
  }));
}

/** The first tag that is not closed or closed too early; blank for well-formed markup. */
export function brokenTag(svg: string): string {
  const open: string[] = [];
  for (const [, closing = "", name = "", empty = ""] of svg.matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (empty === "/") continue;
    if (closing === "") open.push(name);
    else if (open.pop() !== name) return name;
  }
  return open.pop() ?? "";
}
