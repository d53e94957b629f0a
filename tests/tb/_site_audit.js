// What a page must offer to those who cannot see it, or see it badly: returns one line a fault.
() => {
  const faults = [];
  const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
  const shown = (element) => element.checkVisibility();
  const name = (element) => {
    const by = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const texts = by.map((id) => document.getElementById(id)?.textContent ?? "");
    const label = element.labels?.[0]?.textContent ?? "";
    const title = element.querySelector?.(":scope > title")?.textContent ?? "";
    return [element.getAttribute("aria-label") ?? "", ...texts, label, title].join("").trim();
  };

  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title) faults.push("no title");
  for (const [landmark, most] of [["main", 1], ["header", 1], ["footer", 1], ["h1", 1]]) {
    const found = document.querySelectorAll(landmark).length;
    if (found !== most) faults.push(`${found} ${landmark}`);
  }
  for (const picture of document.querySelectorAll("img, svg, [role=img]")) if (!name(picture)) say("no name", picture);
  for (const input of document.querySelectorAll("input, select, textarea")) if (!name(input)) say("no label", input);
  for (const region of document.querySelectorAll("[role=region], nav")) if (!name(region)) say("no name", region);
  for (const act of document.querySelectorAll("button, a[href], summary")) {
    if (shown(act) && !name(act) && !act.textContent.trim()) say("no text", act);
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption?.textContent.trim()) say("no caption", table);
    for (const head of table.querySelectorAll("th")) if (!head.scope) say("no scope", head);
  }
  for (const scroll of document.querySelectorAll(".scroll")) if (scroll.tabIndex !== 0) say("no keyboard", scroll);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) faults.push(`ids occur twice: ${ids.filter((id, i) => ids.indexOf(id) !== i)}`);
  let level = 0;
  for (const head of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const own = Number(head.tagName[1]);
    if (own > level + 1) say(`h${own} after h${level}`, head);
    level = own;
  }

  // contrast: every text on what is painted behind it
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      known.set(colour, [...canvas.getImageData(0, 0, 1, 1).data]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], ground) => [r, g, b].map((part, i) => (part * a + ground[i] * (255 - a)) / 255);
  const ground = (element) => {
    if (!element) return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 255 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || seen.has(element) || !shown(element) || element.tagName === "title") continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const behind = ground(element);
    const text = over(rgba(element.closest("svg") ? style.fill : style.color), behind);
    const [a, b] = [light(text), light(behind)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) say(`contrast ${ratio.toFixed(2)}`, element);
  }
  return [...new Set(faults)].slice(0, 20);
}
