// Light and dark, the list of contents on a narrow page, the search, and keys for what scrolls sideways.

const vlRootElement = document.documentElement;
vlRootElement.classList.add("scripts");

// ---- light and dark: what the reader chose, else what the system says

const vlSystemDark = matchMedia("(prefers-color-scheme: dark)");
function vlChosen() { try { return localStorage.getItem("vidlab-theme"); } catch { return null; } }
function vlDark() { return (vlRootElement.dataset.theme ?? (vlSystemDark.matches ? "dark" : "light")) === "dark"; }
if (vlChosen()) vlRootElement.dataset.theme = vlChosen(); // before anything is drawn

function vlTheme() {
  const button = document.getElementById("theme");
  const show = () => {
    document.body.dataset.jpThemeLight = String(!vlDark()); // the labs look here
    button.textContent = vlDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", vlDark() ? "Light colours" : "Dark colours");
  };
  button.addEventListener("click", () => {
    vlRootElement.dataset.theme = vlDark() ? "light" : "dark";
    try { localStorage.setItem("vidlab-theme", vlRootElement.dataset.theme); } catch { /* it holds for this page */ }
    show();
  });
  vlSystemDark.addEventListener("change", show);
  show();
}

// ---- contents, on a narrow page

function vlContents() {
  const button = document.getElementById("chapters"), contents = document.getElementById("contents");
  const open = (yes) => { contents.classList.toggle("open", yes); button.setAttribute("aria-expanded", String(yes)); };
  button.addEventListener("click", () => open(!contents.classList.contains("open")));
  contents.addEventListener("click", (event) => { if (event.target.closest("a")) open(false); });
  contents.addEventListener("keydown", (event) => { if (event.key === "Escape") { open(false); button.focus(); } });
  contents.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest" });
}

// ---- search over headings

const VL_MOST = 20; // headings shown

// Headings that hold all words, those that begin with one first.
function vlFind(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = [];
  for (const [file, title, headings] of globalThis.vidlabHeadings ?? []) for (const [id, heading] of headings) {
    const where = `${heading} ${title}`.toLowerCase();
    if (!words.every((word) => where.includes(word))) continue;
    const rank = words.every((word) => heading.toLowerCase().includes(word)) ? 0 : 1;
    found.push({ href: id ? `${file}#${id}` : file, title, heading, rank });
  }
  return found.sort((a, b) => a.rank - b.rank);
}

function vlSearch() {
  const form = document.getElementById("search"), words = document.getElementById("words");
  const list = document.getElementById("found"), count = document.getElementById("found-count");
  const show = () => {
    const found = vlFind(words.value);
    list.replaceChildren(...found.slice(0, VL_MOST).map(({ href, title, heading }) => {
      const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("small");
      link.href = href;
      where.textContent = title;
      link.append(heading, where);
      item.append(link);
      return item;
    }));
    const none = words.value.trim() && !found.length;
    if (none) { const item = document.createElement("li"); item.textContent = "No heading has these words."; list.append(item); }
    list.hidden = !found.length && !none;
    count.textContent = words.value.trim() ? `${found.length} headings found` : "";
  };
  words.addEventListener("input", show);
  words.addEventListener("focus", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); list.querySelector("a")?.click(); });
  form.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")], at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { words.value = ""; show(); words.focus(); return; }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    (event.key === "ArrowDown" ? links[Math.min(at + 1, links.length - 1)] : (links[at - 1] ?? words))?.focus();
  });
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) list.hidden = true; });
  list.addEventListener("click", (event) => { if (event.target.closest("a")) { list.hidden = true; words.value = ""; } });
}

// ---- what is wider than the page can be scrolled with the keys

function vlScrollers() {
  for (const box of document.querySelectorAll("pre, .scroll, .equation, .lab, #contents > ol")) {
    const wide = box.scrollWidth > box.clientWidth + 1 || (box.matches("#contents > ol") && box.scrollHeight > box.clientHeight + 1);
    if (wide) box.tabIndex = 0; else box.removeAttribute("tabindex");
  }
}

addEventListener("DOMContentLoaded", () => {
  vlTheme();
  vlContents();
  vlSearch();
  vlScrollers();
  addEventListener("resize", vlScrollers);
});
