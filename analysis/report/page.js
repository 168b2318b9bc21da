// Makes tables sort, figures enlarge and marks tell their values. The report is whole without it: this only adds.
(() => {
  "use strict";

  /** @param {string} name @param {Record<string, string>} attributes @param {(Node | string)[]} children */
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const button = (label, text, kind) => make("button", { type: "button", class: kind, "aria-label": label }, text);

  // Tables: a heading sorts by its column, up, down, and back to the order of the report.

  const next = { none: "ascending", ascending: "descending", descending: "none" };

  /** What a cell sorts by: its first number in a column of numbers, else its text; null for a dash, which stays last. */
  const keyOf = (cell, numeric) => {
    const text = (cell?.textContent ?? "").replaceAll("−", "-").replaceAll(",", "").trim();
    if (!numeric) return text === "" || text === "–" ? null : text;
    const found = /[-+]?\d+(\.\d+)?/.exec(text);
    return found === null ? null : Number(found[0]);
  };
  const compare = (a, b) =>
    typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true, sensitivity: "base" });

  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.querySelectorAll("thead th")];
    const original = [...body.rows];
    if (original.length < 2) return;
    heads.forEach((head, column) => {
      const control = make("button", { type: "button", class: "sort" }, ...head.childNodes);
      head.append(control);
      head.setAttribute("aria-sort", "none");
      control.addEventListener("click", () => {
        const order = next[head.getAttribute("aria-sort")];
        for (const other of heads) other.setAttribute("aria-sort", other === head ? order : "none");
        const keyed = original.map((row) => ({
          row,
          key: keyOf(row.cells[column], head.classList.contains("number")),
        }));
        const known = keyed.filter(({ key }) => key !== null);
        if (order !== "none") known.sort((a, b) => compare(a.key, b.key) * (order === "ascending" ? 1 : -1));
        const rows =
          order === "none" ? original : [...known, ...keyed.filter(({ key }) => key === null)].map(({ row }) => row);
        body.append(...rows);
      });
    });
  };

  // Values: the mark under the pointer, or near it, tells what it is; from the keyboard the arrow keys go from mark to mark.

  const tip = make("div", { class: "tip", role: "status" });
  tip.hidden = true;
  let lit = null;

  const hide = () => {
    lit?.classList.remove("lit");
    lit = null;
    tip.hidden = true;
  };

  const tell = (mark, x, y) => {
    if (mark !== lit) {
      lit?.classList.remove("lit");
      lit = mark;
      mark.classList.add("lit");
      tip.textContent = mark.dataset.tip;
      // In the dialog the page behind it is inert, and so would be a tip in the page.
      (mark.closest("dialog") ?? document.body).append(tip);
      tip.hidden = false;
    }
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(x + 14, document.documentElement.clientWidth - width - 8));
    const top = y + 18 + height > document.documentElement.clientHeight ? y - height - 14 : y + 18;
    tip.style.left = `${String(left)}px`;
    tip.style.top = `${String(Math.max(8, top))}px`;
  };

  const middleOf = (mark, from = { left: 0, top: 0 }) => {
    const { left, top, width, height } = mark.getBoundingClientRect();
    return { mark, x: left - from.left + width / 2, y: top - from.top + height / 2, small: width < 24 && height < 24 };
  };

  /** A finger or a pointer need not hit a mark of five pixels: one within this distance is meant. */
  const reach = 18;
  /** For each drawing: what a key does in it. */
  const keys = new Map();

  const telling = (drawing) => {
    const figure = drawing.querySelector("svg[data-figure]");
    const marks = [...figure.querySelectorAll("title")].flatMap((title) => {
      const mark = title.parentElement;
      if (mark === figure) return [];
      mark.dataset.tip = title.textContent;
      title.remove();
      return [mark];
    });
    // The browser's own tip of the whole figure would lie over those of its marks; its name stays in aria-label.
    figure.querySelector(":scope > title")?.remove();
    if (marks.length === 0) return;
    let at = -1;
    let middles = [];
    figure.addEventListener("pointerenter", () => {
      const from = figure.getBoundingClientRect();
      middles = marks.map((mark) => middleOf(mark, from)).filter(({ small }) => small);
    });
    figure.addEventListener("pointermove", ({ target, clientX, clientY }) => {
      const { left, top } = figure.getBoundingClientRect();
      let near = null;
      let least = reach;
      for (const { mark, x, y } of middles) {
        const far = Math.hypot(x + left - clientX, y + top - clientY);
        if (far < least) [near, least] = [mark, far];
      }
      const mark = near ?? target.closest("[data-tip]");
      if (mark === null) {
        hide();
        return;
      }
      at = marks.indexOf(mark);
      tell(mark, clientX, clientY);
    });
    figure.addEventListener("pointerleave", hide);
    drawing.addEventListener("blur", hide);
    const onKey = (event) => {
      const places = { ArrowRight: at + 1, ArrowLeft: at < 0 ? -1 : at - 1, Home: 0, End: marks.length - 1 };
      if (event.key === "Escape") hide();
      if (!Object.hasOwn(places, event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      at = (places[event.key] + marks.length) % marks.length;
      const mark = marks[at];
      mark.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
      const { x, y } = middleOf(mark);
      tell(mark, x, y);
    };
    keys.set(drawing, onKey);
    drawing.addEventListener("keydown", onKey);
  };

  // Figures: one at a time over the whole window, with the way to the next and the one before.

  const enlarging = (drawings) => {
    const title = make("h2", { id: "zoom-title" });
    const back = button("Previous figure", "‹", "tool");
    const forth = button("Next figure", "›", "tool");
    const close = button("Close", "×", "tool");
    const stage = make("div", { class: "stage", tabindex: "0", role: "group", "aria-labelledby": "zoom-title" });
    const dialog = make(
      "dialog",
      { class: "zoom", "aria-labelledby": "zoom-title" },
      make("div", { class: "bar" }, title, back, forth, close),
      stage,
    );
    document.body.append(dialog);
    let open = -1;
    const nameOf = (drawing) => drawing.dataset.name;
    const putBack = () => {
      hide();
      const drawing = drawings[open];
      if (drawing === undefined) return;
      drawing.style.minHeight = "";
      drawing.prepend(...stage.childNodes);
    };
    const show = (index) => {
      putBack();
      open = (index + drawings.length) % drawings.length;
      const drawing = drawings[open];
      drawing.style.minHeight = `${String(drawing.offsetHeight)}px`;
      title.textContent = nameOf(drawing);
      stage.append(drawing.querySelector("svg[data-figure]"));
      stage.scrollTo(0, 0);
    };
    back.addEventListener("click", () => show(open - 1));
    forth.addEventListener("click", () => show(open + 1));
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => {
      if (target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      const from = drawings[open];
      putBack();
      open = -1;
      from?.parentElement.querySelector(".enlarge")?.focus();
    });
    stage.addEventListener("keydown", (event) => keys.get(drawings[open])?.(event));
    stage.addEventListener("blur", hide);
    drawings.forEach((drawing, index) => {
      drawing.dataset.name = drawing.querySelector("svg[data-figure] > title")?.textContent ?? "Figure";
      const control = button(`Enlarge: ${nameOf(drawing)}`, "Enlarge", "enlarge");
      control.addEventListener("click", () => {
        show(index);
        dialog.showModal();
        stage.focus();
      });
      drawing.before(control);
    });
  };

  // Contents: the part that is being read is marked.

  const following = () => {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const parts = [...links.keys()].map((id) => document.getElementById(id)).filter((part) => part !== null);
    const mark = () => {
      const passed = parts.filter((part) => part.getBoundingClientRect().top < innerHeight / 3);
      const current = passed.at(-1) ?? parts[0];
      for (const [id, link] of links) {
        if (id === current?.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  };

  const drawings = [...document.querySelectorAll(".drawing")].filter((one) => one.querySelector("svg[data-figure]"));
  for (const table of document.querySelectorAll("main table")) sortable(table);
  enlarging(drawings);
  for (const drawing of drawings) telling(drawing);
  document.addEventListener("wheel", hide, { passive: true });
  document.body.append(tip);
  following();
  document.documentElement.classList.add("live");
})();
