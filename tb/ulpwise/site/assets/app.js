// The report works without this file; with it tables sort and filter, commands can be copied, and the theme changes.
"use strict";

(() => {
  const root = document.documentElement;
  const KEY = "ulpwise-theme";

  // A browser may refuse storage to pages from disk.
  const kept = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(KEY, theme); } catch { /* lasts for this page only */ } };

  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function theme() {
    const button = document.querySelector(".theme");
    const system = matchMedia("(prefers-color-scheme: dark)");
    const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
    const label = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      keep(root.dataset.theme);
      label();
    });
    system.addEventListener("change", label);
    label();
    button.hidden = false;
  }

  // What a cell sorts by: its data-sort, or its text; numbers as numbers, nothing last.
  function keyOf(cell) {
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = Number(text);
    return text === "" ? null : Number.isNaN(number) ? text : number;
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  }

  function sort(table, header, announce) {
    const column = [...header.parentNode.children].indexOf(header);
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return down ? compare(b, a) : compare(a, b);
    });
    body.append(...keyed.map(([, row]) => row));
    announce.textContent = `sorted by ${header.textContent}, ${down ? "descending" : "ascending"}`;
  }

  function sortable(table, announce) {
    for (const header of table.tHead.rows[0].cells) {
      if (header.classList.contains("plain")) continue;
      const button = element("button", { type: "button", textContent: header.textContent });
      header.replaceChildren(button);
      button.addEventListener("click", () => sort(table, header, announce));
    }
  }

  // What a row is searched for: the text of its cells, without the names of drawings.
  function textOf(row) {
    const cells = [...row.cells].filter((cell) => cell.firstElementChild?.tagName !== "svg");
    return cells.map((cell) => cell.textContent).join(" ").toLowerCase();
  }

  function filter(place) {
    const table = document.getElementById(place.dataset.table);
    const what = place.dataset.what;
    const rows = [...table.tBodies[0].rows];
    let texts = null;
    const input = element("input", { type: "search", id: `${table.id}-filter`, autocomplete: "off", spellcheck: false });
    const label = element("label", { htmlFor: input.id, textContent: `Filter ${what}` });
    const count = element("output", { htmlFor: input.id });
    count.setAttribute("aria-live", "polite");
    const only = element("input", { type: "checkbox" });
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length) texts ??= rows.map(textOf);
      let shown = 0;
      rows.forEach((row, i) => {
        const fits = words.every((word) => texts[i].includes(word)) && (!only.checked || "attention" in row.dataset);
        row.hidden = !fits;
        shown += fits;
      });
      count.textContent = `${shown} of ${rows.length} ${what}`;
    };
    input.addEventListener("input", apply);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { input.value = ""; apply(); }
    });
    only.addEventListener("change", apply);
    place.append(element("span", {}, label, input));
    if (place.dataset.focus) place.append(element("label", {}, only, ` ${place.dataset.focus}`));
    place.append(count);
    place.hidden = false;
    apply();
  }

  function copyable(block, announce) {
    const button = element("button", { type: "button", textContent: "Copy" });
    const code = block.querySelector("code");
    button.setAttribute("aria-label", "Copy the command");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        announce.textContent = "copied";
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        announce.textContent = "selected: copy it with the keyboard";
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  }

  // A link into something folded unfolds it.
  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let folded = false;
    for (let place = target; place; place = place.parentElement) {
      if (place.tagName === "DETAILS" && !place.open) { place.open = true; folded = true; }
    }
    if (folded) target.scrollIntoView();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const announce = element("div", { className: "sr" });
    announce.setAttribute("role", "status");
    document.body.append(announce);
    theme();
    document.querySelectorAll("table.sortable").forEach((table) => sortable(table, announce));
    document.querySelectorAll(".filter").forEach(filter);
    document.querySelectorAll(".replay").forEach((block) => copyable(block, announce));
    addEventListener("hashchange", unfold);
    unfold();
  });
})();
