/**
 * The report in a real browser at the sizes of a phone, a laptop and paper, light and dark: nothing sticks out, no texts lie on
 * each other, text stands out, axe finds nothing, tables sort, figures enlarge and tell their values, it prints and it reads
 * without its script. Pictures for people are left in `.screenshots/`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bundle } from "../../analysis/bundle.ts";
import { renderFigures } from "../../analysis/figures/index.ts";
import { renderReport } from "../../analysis/report/report.ts";
import { syntheticBundle } from "../support/bundle.ts";
import { claimedBundle, troubled } from "../support/bundleEdits.ts";
import { fewestContrast, overlaps, outside } from "../support/page.ts";

/** Path of a Chromium of this machine; blank for none. */
function findBrowser(): string {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // Not this one.
    }
  }
  return "";
}

const executablePath = findBrowser();
if (executablePath === "") console.log("skipped: the report in a browser, since no chromium is installed");

const folder = mkdtempSync(join(tmpdir(), "report-"));
const pictures = join(import.meta.dirname, "..", "..", ".screenshots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const bundles: Readonly<Record<string, () => Bundle>> = {
  whole: () => claimedBundle(syntheticBundle({ runs: 8, endHostBound: [10, 100] })),
  "no-valid-run": troubled["no valid run"] ?? syntheticBundle,
  "no-run": troubled["no run at all"] ?? syntheticBundle,
};

function addressOf(name: string): string {
  return `file://${join(folder, `${name}.html`)}`;
}

const sizes = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1440, height: 900 },
  // A4 at 96 dots an inch, less its margins.
  print: { width: 688, height: 1002 },
} as const;

let browser: Browser;

/** A page with nothing of the network: whatever is asked for beyond the file fails the test. */
async function open(name: string, options: BrowserContextOptions = {}): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: sizes.laptop, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) problems.push(`asked for ${request.url()}`);
  });
  await page.goto(addressOf(name));
  return { page, problems };
}

beforeAll(async () => {
  for (const [name, make] of Object.entries(bundles)) {
    const bundle = make();
    writeFileSync(join(folder, `${name}.html`), renderReport(bundle, renderFigures(bundle)));
  }
  mkdirSync(pictures, { recursive: true });
  if (executablePath !== "") browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(async () => {
  if (executablePath !== "") await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(executablePath === "")("in a browser", () => {
  const looks = Object.keys(sizes).flatMap((size) =>
    (["light", "dark"] as const)
      .filter((scheme) => size !== "print" || scheme === "light")
      .map((scheme) => [size as keyof typeof sizes, scheme] as const),
  );

  test.each(looks)("looks right: %s, %s", async (size, colorScheme) => {
    const { page, problems } = await open("whole", { viewport: sizes[size], colorScheme });
    if (size === "print") await page.emulateMedia({ media: "print" });
    await page.screenshot({
      path: join(pictures, `report-${size}-${colorScheme}.png`),
      fullPage: true,
      timeout: 180_000,
    });
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(sizes[size].width);
    expect(await page.evaluate<string[]>(`(${overlaps})()`)).toEqual([]);
    expect(await page.evaluate<string[]>(`(${outside})()`)).toEqual([]);
    const [contrast, where] = await page.evaluate<[number, string]>(`(${fewestContrast})()`);
    expect(contrast, where).toBeGreaterThanOrEqual(4.5);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test.each(Object.keys(bundles))("axe finds nothing: %s", async (name) => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const viewport of [sizes.phone, sizes.laptop]) {
        const { page } = await open(name, { viewport, colorScheme, bypassCSP: true });
        await page.addScriptTag({ content: axe });
        const found = await page.evaluate<{ id: string; nodes: string[] }[]>(
          `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
            .then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)) })))`,
        );
        expect(found, `${colorScheme}, ${String(viewport.width)}`).toEqual([]);
        await page.context().close();
      }
    }
  });

  test("axe finds nothing in an enlarged figure either", async () => {
    const { page } = await open("whole", { bypassCSP: true });
    await page.locator(".enlarge").first().click();
    await page.addScriptTag({ content: axe });
    const found = await page.evaluate<string[]>(
      "axe.run(document.querySelector('dialog')).then(({ violations }) => violations.map(({ id }) => id))",
    );
    expect(found).toEqual([]);
    await page.context().close();
  });

  test("a heading sorts its table: up, down, and back; numbers as numbers, dashes last", async () => {
    const { page } = await open("whole");
    const column = (): Promise<string[]> =>
      page
        .locator("#comparisons tbody td:nth-child(3)")
        .allTextContents()
        .then((texts) => texts.map((text) => text.trim()));
    const head = page.locator("#comparisons th", { hasText: "Effect" });
    const control = head.getByRole("button");
    const original = await column();
    expect(original.length).toBeGreaterThan(8);
    const valueOf = (text: string): number => (text === "–" ? Infinity : parseFloat(text.replace("−", "-")));
    await control.click();
    expect(await head.getAttribute("aria-sort")).toBe("ascending");
    const up = (await column()).map(valueOf);
    expect(up).toEqual(up.toSorted((a, b) => a - b));
    await control.press("Enter");
    expect(await head.getAttribute("aria-sort")).toBe("descending");
    const down = (await column()).map(valueOf).filter(Number.isFinite);
    expect(down).toEqual(down.toSorted((a, b) => b - a));
    expect((await column()).at(-1)).toBe("–");
    await control.click();
    expect(await column()).toEqual(original);
    await page.context().close();
  });

  test("a figure enlarges, is left by Escape, and stands in its place again", async () => {
    const { page, problems } = await open("whole");
    const figures = await page.locator(".drawing > svg[data-figure]").count();
    const before = await page.locator("#figure-goodput svg").first().boundingBox();
    await page.locator("#figure-goodput .enlarge").click();
    const large = await page.locator("dialog svg[data-figure]").boundingBox();
    expect(large?.width).toBeGreaterThan((before?.width ?? 0) * 1.4);
    await page.screenshot({ path: join(pictures, "enlarged.png") });
    await page.getByRole("button", { name: "Next figure" }).click();
    expect(await page.locator("dialog svg[data-figure]").getAttribute("data-figure")).not.toBe("goodput");
    await page.keyboard.press("Escape");
    expect(await page.locator("dialog").isVisible()).toBe(false);
    expect(await page.locator(".drawing > svg[data-figure]").count()).toBe(figures);
    expect(await page.evaluate<string>("document.activeElement.className")).toBe("enlarge");
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("a mark tells its value under the pointer, near it, and by the arrow keys", async () => {
    const { page } = await open("whole");
    const tip = page.locator(".tip");
    const mark = page.locator("#figure-goodput .run [data-tip]").first();
    const told = (await mark.getAttribute("data-tip")) ?? "";
    expect(told).toMatch(/, run \S+: \d+\.\d+ Gbit\/s$/);
    await mark.scrollIntoViewIfNeeded();
    const box = await mark.boundingBox();
    if (box === null) throw new Error("the mark is not drawn");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    expect(await tip.textContent()).toBe(told);
    await page.mouse.move(box.x + box.width / 2 - 1, box.y + box.height + 3);
    expect(await tip.isVisible()).toBe(true);
    await page.mouse.move(2, 2);
    expect(await tip.isVisible()).toBe(false);
    await page.locator("#figure-goodput .drawing").focus();
    const all = new Set<string | null>();
    for (let press = 0; press < 4; press++) {
      await page.keyboard.press("ArrowRight");
      expect(await tip.isVisible()).toBe(true);
      all.add(await tip.textContent());
    }
    expect(all.size).toBe(4);
    await page.screenshot({ path: join(pictures, "value.png") });
    await page.keyboard.press("Escape");
    expect(await tip.isVisible()).toBe(false);
    await page.context().close();
  });

  test("without its script it reads the same", async () => {
    const texts = await Promise.all(
      [true, false].map(async (javaScriptEnabled) => {
        const { page } = await open("whole", { javaScriptEnabled });
        const text = await page.locator("main").innerText();
        const shown = await page.locator(".enlarge, .tip, dialog, .sort").count();
        await page.context().close();
        return { text: text.replaceAll(/^Enlarge$/gm, "").replaceAll(/\s+/g, " "), shown };
      }),
    );
    expect(texts[1]?.shown).toBe(0);
    expect(texts[0]?.text).toBe(texts[1]?.text);
  });

  test("it prints on pages of their own size, each figure whole", async () => {
    const { page } = await open("whole");
    const pdf = await page.pdf({ path: join(pictures, "report.pdf"), preferCSSPageSize: true });
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(5);
    expect(pages).toBeLessThan(45);
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize(sizes.print);
    const tall = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".drawing svg[data-figure]")]
        .filter((one) => one.getBoundingClientRect().height > 1002)
        .map((one) => one.dataset.figure)`,
    );
    expect(tall).toEqual([]);
    expect(await page.locator(".enlarge:visible, nav:visible, .tip:visible").count()).toBe(0);
    await page.context().close();
  });
});
