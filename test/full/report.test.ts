/** The report in a real browser: nothing sticks out of the page, text stands out from what is behind it, it prints. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderFigures } from "../../analysis/figures/index.ts";
import { renderReport } from "../../analysis/report/report.ts";
import { syntheticBundle } from "../support/bundle.ts";

const run = promisify(execFile);

async function findBrowser(): Promise<string> {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const found = await run(name, ["--version"]).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return "";
}

const browser = await findBrowser();
if (browser === "") console.log("skipped: the report in a browser, since no chromium is installed");

let folder = "";
const bundle = syntheticBundle({ endHostBound: [10, 100] });
const report = renderReport(bundle, renderFigures(bundle));

async function chromium(...flags: string[]): Promise<string> {
  const { stdout } = await run(
    browser,
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      `--user-data-dir=${join(folder, "profile")}`,
      ...flags,
    ],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

/** Runs a script in the report at a page's width; the script gives a text. */
async function inPage(width: number, script: string, ...flags: string[]): Promise<string> {
  const inner = join(folder, "report.html");
  // The window of a headless browser has a least width: a frame gives the page any.
  const measure = `<script>addEventListener("load", () => { document.documentElement.dataset.answer = String((${script})()); parent.postMessage(document.documentElement.dataset.answer, "*"); });</script>`;
  await writeFile(inner, report.replace("</body>", `${measure}</body>`));
  const outer = join(folder, "frame.html");
  await writeFile(
    outer,
    `<!doctype html><body><iframe src="report.html" style="width:${String(width)}px;height:800px;border:0"></iframe><script>addEventListener("message", (event) => { const answer = document.createElement("output"); answer.textContent = event.data; document.body.append(answer); });</script></body>`,
  );
  const dom = await chromium("--virtual-time-budget=5000", ...flags, "--dump-dom", `file://${outer}`);
  const answer = /<output>([\s\S]*?)<\/output>/.exec(dom)?.[1];
  if (answer === undefined) throw new Error(`the page gave no answer: ${dom.slice(0, 400)}`);
  return answer;
}

/** Contrast of every text with the first opaque background behind it (WCAG 2.2, 1.4.3): the worst of the page's own texts. */
const worstContrast = `() => {
  const channel = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  let worst = [99, ""];
  for (const element of document.querySelectorAll("main *, header *, footer *, .drawing text")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own || ["TITLE", "DESC", "title", "desc", "style"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const colour = element instanceof SVGElement ? style.fill : style.color;
    let behind = element;
    let back = [0, 0, 0, 0];
    while (behind && (back = parse(getComputedStyle(behind).backgroundColor)).length === 4 && back[3] === 0) behind = behind.parentElement;
    const [a, b] = [light(parse(colour)), light(behind ? back : [255, 255, 255])];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, element.textContent.trim().slice(0, 40) + " " + colour];
  }
  return worst[0].toFixed(2) + " " + worst[1];
}`;

describe.skipIf(browser === "")("in a browser", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-"));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each([320, 390, 768, 1280])("the page does not scroll sideways at %i pixels", async (width) => {
    const script = `() => document.documentElement.scrollWidth + " " + innerWidth`;
    const [scroll = 0, inner = 0] = (await inPage(width, script)).split(" ").map(Number);
    expect(inner).toBe(width);
    expect(scroll).toBeLessThanOrEqual(width);
  });

  test("no two texts of a figure lie on each other", async () => {
    const script = `() => {
      const hits = [];
      for (const figure of document.querySelectorAll("svg[data-figure]")) {
        const boxes = [...figure.querySelectorAll("text")].filter((text) => text.textContent.trim() !== "").map((text) => [text.textContent, text.getBoundingClientRect()]);
        boxes.forEach(([text, a], index) => boxes.slice(index + 1).forEach(([other, b]) => {
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (across > 1 && down > 4) hits.push(figure.dataset.figure + ": " + text + " | " + other);
        }));
        const frame = figure.getBoundingClientRect();
        for (const [text, box] of boxes) if (box.right > frame.right + 2 || box.left < frame.left - 2) hits.push(figure.dataset.figure + ": out of the frame: " + text);
      }
      return hits.join("; ");
    }`;
    expect(await inPage(1280, script)).toBe("");
  });

  test.each([
    ["light", []],
    ["dark", ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]],
  ])("every text stands out from what is behind it: %s", async (_, flags) => {
    const answer = await inPage(1280, worstContrast, ...flags);
    expect(Number(answer.split(" ")[0]), answer).toBeGreaterThanOrEqual(4.5);
  });

  test("it prints", async () => {
    const file = join(folder, "report.html");
    await writeFile(file, report);
    const pdf = join(folder, "report.pdf");
    await chromium("--no-pdf-header-footer", `--print-to-pdf=${pdf}`, `file://${file}`);
    expect((await stat(pdf)).size).toBeGreaterThan(50_000);
    const pages = (await readFile(pdf, "latin1")).match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(5);
    expect(pages).toBeLessThan(30);
  });
});
