// Panels: pixels on a canvas, lines and paths in SVG. Made once, then updated in place, so that nothing flickers.

function vlSvg(name, attributes = {}, text = null) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}

function vlBytes(data) { // a DataView from the kernel, or bytes already
  return data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

// Draw (height, width) shades of a palette, or (height, width, 3) RGB, into a canvas: all at once, never blank.
function vlDraw(canvas, bytes, height, width, colours) {
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer); // little-endian: alpha, blue, green, red
  const n = height * width;
  if (colours) {
    const table = new Uint32Array(256);
    for (let i = 0; i < 256; i++) table[i] = (255 << 24) | (colours[3 * i + 2] << 16) | (colours[3 * i + 1] << 8) | colours[3 * i];
    for (let i = 0; i < n; i++) out[i] = table[bytes[i]];
  } else {
    for (let i = 0, j = 0; i < n; i++, j += 3) out[i] = (255 << 24) | (bytes[j + 2] << 16) | (bytes[j + 1] << 8) | bytes[j];
  }
  context.putImageData(image, 0, 0);
}

function vlPanel(kind, palettes, picked, lead) {
  return { pixels: vlPixels, lines: vlLines, plane: vlPlane, bars: vlBars, sound: vlSound, links: vlLinks }[kind](palettes, picked, lead);
}

// What lies under the mouse, in words: a box that follows it, and is gone when the mouse goes. `words(event)` gives the
// text, or null. The same numbers stand in the chart's name for a screen reader, or in the lab's status.
function vlReadout(element, words) {
  const box = vlElement("div", { class: "vl-readout", "aria-hidden": "true", hidden: true });
  let resting = null; // a lab that goes from under the mouse says nothing: do not stay behind
  const place = (event) => {
    clearTimeout(resting);
    resting = setTimeout(() => box.remove(), 5000);
    const text = event.buttons ? null : words(event);
    box.hidden = text === null;
    if (box.hidden) return;
    box.textContent = text;
    if (!box.isConnected) document.body.append(box);
    box.style.left = `${Math.min(event.clientX + 14, document.documentElement.clientWidth - box.offsetWidth - 4)}px`;
    box.style.top = `${Math.max(event.clientY - box.offsetHeight - 8, 0)}px`;
  };
  element.addEventListener("pointermove", place);
  for (const gone of ["pointerleave", "pointerdown", "pointercancel"]) element.addEventListener(gone, () => box.remove());
}

function vlFrame(content) {
  const caption = vlElement("figcaption");
  return { box: vlElement("figure", { class: "vl-panel" }, caption, content), caption };
}

// The lines between the tiles of a picture, and a cover on the places behind the last tile.
function vlTiles({ shape: [height, width], tiles }) {
  if (!tiles.length) return [];
  const [rows, columns, number] = tiles;
  let d = "";
  for (let y = rows; y < height; y += rows) d += `M0 ${y}H${width}`;
  for (let x = columns; x < width; x += columns) d += `M${x} 0V${height}`;
  const x = (number % Math.floor(width / columns)) * columns;
  const y = height - rows;
  return [vlSvg("path", { class: "vl-tiles", d }), ...(x ? [vlSvg("rect", { class: "vl-rest", x, y, width: width - x, height: rows })] : [])];
}

// What a click at a place of a picture sets, where it leads somewhere: see `leads` in lab.py. Null where it leads nowhere.
function vlLed({ shape: [height, width], tiles, leads, crossed }, [row, column]) {
  if (!Object.keys(leads ?? {}).length || crossed.some(([y, x]) => y === row && x === column)) return null;
  const [rows, columns, number] = tiles.length ? tiles : [height, width, 1];
  const tile = Math.floor(row / rows) * Math.floor(width / columns) + Math.floor(column / columns);
  if (tile >= number) return null;
  const at = { tile, row: row % rows, column: column % columns, cell: row * width + column };
  return Object.fromEntries(Object.entries(leads).map(([name, value]) => [name, Array.isArray(value) ? value[1][at[value[0]]] : value]));
}

function vlPixels(palettes, picked, lead) {
  const canvas = vlElement("canvas", { role: "img" });
  const overlay = vlSvg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  const picture = vlElement("div", { class: "vl-picture" }, canvas, overlay);
  const { box, caption } = vlFrame(picture);
  let panel = null;
  const cell = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - top) / height) * panel.shape[0]);
    const column = Math.floor(((event.clientX - left) / width) * panel.shape[1]);
    return [Math.min(Math.max(row, 0), panel.shape[0] - 1), Math.min(Math.max(column, 0), panel.shape[1] - 1)];
  };
  let stroke = null; // over a panel that is painted: the list so far, where it was last, and what it sets
  const paint = (event) => {
    const [, column] = cell(event);
    stroke ??= { list: [...panel.paint[1]], was: column, set: !panel.paint[1][column] };
    stroke.list.fill(stroke.set, Math.min(column, stroke.was), Math.max(column, stroke.was) + 1);
    stroke.was = column;
    picked({ [panel.paint[0]]: [...stroke.list] });
  };
  const pick = (event) => {
    if (panel.paint[0]) return paint(event);
    if (!panel.pick.length) return;
    const [row, column] = cell(event);
    const places = { [panel.pick[0]]: panel.order[row] ?? row, [panel.pick[1]]: column };
    delete places[""];
    if (!panel.tiles.length) return picked(places);
    const [rows, columns, number, first] = panel.tiles;
    const tile = Math.floor(row / rows) * Math.floor(panel.shape[1] / columns) + Math.floor(column / columns);
    if (tile < number) picked({ [panel.pick[0]]: first + tile });
  };
  canvas.addEventListener("pointerdown", (e) => { stroke = null; if (panel.pick.length || panel.paint[0]) { canvas.setPointerCapture(e.pointerId); pick(e); } });
  canvas.addEventListener("pointermove", (e) => { if (e.buttons && (stroke || !panel.paint[0])) pick(e); });
  for (const gone of ["pointerup", "pointercancel"]) canvas.addEventListener(gone, () => { stroke = null; });
  canvas.addEventListener("click", (e) => { const there = vlLed(panel, cell(e)); if (there) lead(there); });
  const number = (row, column) => {
    const bytes = vlBytes(panel.data), at = row * panel.shape[1] + column;
    if (panel.paint.length) return panel.paint[1][column] ? "marked" : "not marked";
    if (panel.shape[2]) return `RGB ${[0, 1, 2].map((c) => bytes[3 * at + c]).join(" ")}`;
    if (panel.numbers?.length) return panel.numbers[at];
    if (!panel.scale?.length) return `shade ${bytes[at]} of 0 to 255`;
    const [low, high] = panel.scale;
    return `about ${+(low + (high - low) * bytes[at] / 255).toPrecision(2)}`;
  };
  vlReadout(canvas, (event) => {
    if (!panel) return null;
    const [row, column] = cell(event), [down = "row", along = "column"] = panel.means;
    if (panel.crossed?.some(([y, x]) => y === row && x === column)) return "outside";
    const led = vlLed(panel, [row, column]);
    const there = Object.entries(led ?? { ...(down && { [down]: panel.order[row] ?? row }), [along]: column }).filter(([, value]) => typeof value === "number");
    return `${there.map(([name, value]) => `${name} ${value}`).join(", ")}: ${number(row, column)}${led ? "; click to go there" : ""}`;
  });
  return {
    box,
    update(next) {
      panel = next;
      const [height, width, channels] = panel.shape;
      vlDraw(canvas, vlBytes(panel.data), height, width, channels ? null : vlBytes(palettes[panel.colours]));
      const [down, across = down] = [panel.times].flat();
      canvas.style.width = `${width * across}px`;
      canvas.style.height = Array.isArray(panel.times) ? `${height * down}px` : "";
      canvas.style.touchAction = panel.paint[0] ? "none" : "";
      canvas.style.aspectRatio = `${width} / ${height}`;
      canvas.setAttribute("aria-label", panel.alt);
      picture.toggleAttribute("data-pick", panel.pick.length > 0 || Boolean(panel.paint[0]) || Object.keys(panel.leads ?? {}).length > 0);
      picture.toggleAttribute("data-paint", panel.paint.length > 0);
      caption.textContent = panel.caption;
      overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
      const crosses = (panel.crossed ?? []).map(([y, x]) => `M${x + 0.2} ${y + 0.2}l.6 .6m0 -.6l-.6 .6`).join("");
      overlay.replaceChildren(...vlTiles(panel), ...["vl-halo", "vl-cross"].flatMap((name) => (crosses ? [vlSvg("path", { class: name, d: crosses })] : [])), ...["vl-halo", "vl-box"].flatMap((name) => panel.boxes.map(([y, x, h, w]) => vlSvg("rect", { class: name, x, y, width: w, height: h }))));
    },
  };
}

const VL_LINES = { width: 600, // at most: a chart is laid out for the room that there is, so that its text keeps its size
  height: 170, left: 46, right: 8, top: 20, bottom: 32 };
const VL_PLANE = { width: 230, height: 230, left: 42, right: 8, top: 8, bottom: 32 };

function vlChart(size) {
  const svg = vlSvg("svg", { class: "vl-chart", role: "img", viewBox: `0 0 ${size.width} ${size.height}`, width: size.width });
  const { box, caption } = vlFrame(svg);
  return { svg, box, caption };
}

function vlScales(size, x0, x1, low, high) {
  return {
    x: (v) => size.left + ((v - x0) / Math.max(x1 - x0, 1e-9)) * (size.width - size.left - size.right),
    y: (v) => size.height - size.bottom - ((v - low) / (high - low)) * (size.height - size.top - size.bottom),
  };
}

function vlAxes(size, at, x0, x1, panel) {
  const y0 = at.y(panel.low), y1 = at.y(panel.high);
  const made = [
    vlSvg("path", { class: "axis", d: `M${size.left} ${y1}V${y0}H${size.width - size.right}` }),
    vlSvg("text", { x: (size.left + size.width - size.right) / 2, y: size.height - 4, "text-anchor": "middle" }, panel.xlabel),
    vlSvg("text", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(11 ${(y0 + y1) / 2}) rotate(-90)` }, panel.ylabel),
  ];
  if (panel.low < 0 && panel.high > 0) made.push(vlSvg("path", { class: "zero", d: `M${size.left} ${at.y(0)}H${size.width - size.right}` }));
  const middle = panel.low < 0 && panel.high > 0 ? 0 : (panel.low + panel.high) / 2;
  for (const v of [panel.low, middle, panel.high]) made.push(vlSvg("text", { x: size.left - 4, y: at.y(v) + 4, "text-anchor": "end" }, String(+v.toPrecision(3))));
  for (const v of [x0, x1]) made.push(vlSvg("text", { x: at.x(v), y: y0 + 14, "text-anchor": v === x0 ? "start" : "end" }, String(v)));
  return made;
}

// Where two charts fit beside each other, they stand so.
function vlRoom(box) {
  const room = box.parentElement?.clientWidth || VL_LINES.width;
  return Math.round(Math.min(VL_LINES.width, room >= 720 ? (room - 20) / 2 : room));
}

function vlLines(palettes, picked) {
  const size = { ...VL_LINES };
  const { svg, box, caption } = vlChart(size);
  const room = new ResizeObserver(() => { if (size.width !== vlRoom(box)) update(panel); });
  let panel = null, at = null, drawn = null, stroke = null;
  const last = () => Math.max(...Object.values(panel.series).map((numbers) => numbers.length)) - 1;
  const draw = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const steps = drawn.length - 1;
    const across = Math.round(((point.x - size.left) / (size.width - size.left - size.right)) * last());
    const from = panel.low + ((size.height - size.bottom - point.y) / (size.height - size.top - size.bottom)) * (panel.high - panel.low);
    const step = Math.min(Math.max(across, 0), steps), value = Math.min(Math.max(from, panel.low), panel.high);
    stroke ??= [step, value];
    const [was, before] = stroke; // a fast mouse leaves steps out: a straight line fills them
    for (let s = Math.min(step, was); s <= Math.max(step, was); s++) {
      const part = step === was ? 1 : (s - was) / (step - was);
      drawn[s] = Math.round((before + (value - before) * part) * 100) / 100;
    }
    stroke = [step, value];
    picked({ [panel.draw]: [...drawn] });
  };
  const undo = vlElement("button", { type: "button", text: "undo the last stroke", hidden: true });
  let earlier = null;
  undo.addEventListener("click", () => { picked({ [panel.draw]: earlier }); undo.hidden = true; });
  box.append(undo);
  svg.addEventListener("pointerdown", (e) => {
    if (!panel.draw) return;
    drawn = [...Object.values(panel.series)[0]];
    earlier = [...drawn];
    svg.setPointerCapture(e.pointerId);
    draw(e);
  });
  svg.addEventListener("pointermove", (e) => { if (drawn && e.buttons) draw(e); });
  svg.addEventListener("pointerup", () => { undo.hidden = !drawn; drawn = stroke = null; });
  vlReadout(svg, (event) => {
    if (!panel) return null;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const step = Math.round(((point.x - size.left) / (size.width - size.left - size.right)) * last());
    const told = Object.entries(panel.series).filter(([, numbers]) => step in numbers).map(([label, numbers]) => `${label} ${+numbers[step].toPrecision(3)}`);
    return told.length ? `${panel.xlabel} ${step}: ${told.join(", ")}` : null;
  });
  const update = (next) => {
      panel = next;
      if (box.parentElement) room.observe(box.parentElement);
      const labels = Object.keys(panel.series);
      const legend = []; // where each label stands: in as many rows as it takes
      Object.assign(size, { height: panel.height, width: vlRoom(box), top: VL_LINES.top });
      for (const label of labels.length > 1 ? labels : []) {
        const wide = 44 + 6.5 * label.length, before = legend.at(-1);
        const at = before ? { x: before.x + before.wide, y: before.y, wide } : { x: size.left + 8, y: 9, wide };
        if (at.x + wide > size.width && before) Object.assign(at, { x: size.left + 8, y: at.y + 15 });
        legend.push(at);
        size.top = VL_LINES.top + at.y - 9;
      }
      size.height += size.top - VL_LINES.top;
      svg.setAttribute("width", size.width);
      svg.style.touchAction = panel.draw ? "none" : ""; // elsewhere a swipe scrolls the page
      svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
      at = vlScales(size, 0, last(), panel.low, panel.high);
      caption.textContent = panel.caption;
      svg.setAttribute("aria-label", panel.alt);
      svg.style.cursor = panel.draw ? "crosshair" : "";
      const made = vlAxes(size, at, 0, last(), panel);
      if (panel.mark !== null) made.push(vlSvg("path", { class: "mark", d: `M${at.x(panel.mark)} ${size.top}V${size.height - size.bottom}` }));
      const dashes = ["", "6 3", "8 3 2 3", "2 3", "", "6 3"];
      Object.entries(panel.series).forEach(([label, numbers], i) => {
        const colour = `stroke: var(--vl-${(i % 6) + 1})`;
        const points = numbers.map((v, step) => `${at.x(step).toFixed(2)},${at.y(Math.min(Math.max(v, panel.low), panel.high)).toFixed(2)}`);
        made.push(vlSvg("polyline", { class: "series", style: colour, "stroke-dasharray": dashes[i % 6], points: points.join(" "), "data-label": label }));
        if (panel.mark !== null && panel.mark < numbers.length) made.push(vlSvg("circle", { cx: at.x(panel.mark), cy: at.y(Math.min(Math.max(numbers[panel.mark], panel.low), panel.high)), r: 4, style: `fill: var(--vl-${(i % 6) + 1})` }));
        if (!legend[i]) return;
        const { x, y } = legend[i];
        made.push(vlSvg("path", { class: "series", style: colour, "stroke-dasharray": dashes[i % 6], d: `M${x} ${y}h22` }));
        made.push(vlSvg("text", { x: x + 26, y: y + 4 }, label));
      });
      svg.replaceChildren(...made);
  };
  return { box, update };
}

// Bars from 0 to 1, one below the other, each with its name and its number.
function vlBars() {
  const thick = 15;
  const { svg, box, caption } = vlChart({ width: 360, height: 100 });
  let panel = null, laid = 0;
  vlReadout(svg, ({ target }) => (target.classList?.contains("vl-bar") ? `${target.dataset.name}, ${target.dataset.label}: ${+Number(target.dataset.value).toPrecision(3)}` : null));
  const room = new ResizeObserver(() => { if (laid !== vlRoom(box)) update(panel); });
  const update = (next) => {
      panel = next;
      laid = vlRoom(box);
      if (box.parentElement) room.observe(box.parentElement);
      const { names, series, texts, ends, caption: text, alt } = panel;
      const labels = Object.keys(series), left = 12 + 7 * Math.max(...names.map((name) => name.length)), extra = 6 * Math.max(0, ...texts.map((one) => one.length - 4)), wide = Math.max(40, Math.min(200, laid - left - 40 - extra));
      const top = labels.length > 1 ? 20 : 4, step = thick * labels.length + 5, bottom = top + step * names.length;
      const made = [];
      labels.forEach((label, k) => {
        const colour = `fill: var(--vl-${k + 1})`;
        if (labels.length > 1) {
          made.push(vlSvg("rect", { x: left + 90 * k, y: 3, width: 12, height: 10, style: colour }));
          made.push(vlSvg("text", { x: left + 90 * k + 17, y: 12 }, series[label] ? label : `${label}: ?`));
        }
        (series[label] ?? []).forEach((value, i) => {
          const y = top + i * step + k * thick, part = Math.min(Math.max(value, 0), 1);
          made.push(vlSvg("rect", { class: "vl-bar", x: left, y, width: wide * part, height: thick - 2, style: colour, "data-label": label, "data-value": value, "data-name": names[i] }));
          made.push(vlSvg("text", { x: left + wide * part + 4, y: y + thick - 4 }, texts[i] ?? value.toFixed(2)));
        });
      });
      names.forEach((name, i) => made.push(vlSvg("text", { x: left - 5, y: top + i * step + (step - 5) / 2 + 4, "text-anchor": "end" }, name)));
      made.push(vlSvg("path", { class: "axis", d: `M${left} ${top - 2}V${bottom}H${left + wide}` }));
      ends.forEach((end, i) => made.push(vlSvg("text", { x: left + wide * i / 2, y: bottom + 13, "text-anchor": "middle" }, end)));
      const width = left + wide + 40 + extra, height = bottom + 18;
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("width", width);
      svg.setAttribute("aria-label", alt);
      caption.textContent = text;
      svg.replaceChildren(...made);
  };
  return { box, update };
}

function vlPlane() {
  const { svg, box, caption } = vlChart(VL_PLANE);
  let shown = null;
  vlReadout(svg, (event) => {
    if (!shown) return null;
    const here = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const at = vlScales(VL_PLANE, shown.low, shown.high, shown.low, shown.high);
    const away = shown.points.map(([x, y]) => Math.hypot(at.x(x) - here.x, at.y(y) - here.y));
    const near = away.indexOf(Math.min(...away));
    return away[near] < 12 ? `point ${near}: ${shown.xlabel} ${+shown.points[near][0].toPrecision(3)}, ${shown.ylabel} ${+shown.points[near][1].toPrecision(3)}` : null;
  });
  return {
    box,
    update(panel) {
      shown = panel;
      const at = vlScales(VL_PLANE, panel.low, panel.high, panel.low, panel.high);
      const point = ([x, y]) => `${at.x(x).toFixed(2)},${at.y(y).toFixed(2)}`;
      caption.textContent = panel.caption;
      svg.setAttribute("aria-label", panel.alt);
      const made = vlAxes(VL_PLANE, at, panel.low, panel.high, panel);
      for (const [x, y, u, v] of panel.arrows) {
        made.push(vlSvg("path", { class: "arrow", d: `M${point([x, y])}L${point([u, v])}` }));
        made.push(vlSvg("circle", { cx: at.x(u), cy: at.y(v), r: 1.5, style: "fill: var(--vl-line)" }));
      }
      const path = panel.points.map(point);
      made.push(vlSvg("polyline", { class: "series", style: "stroke: var(--vl-1)", points: path.join(" ") }));
      for (const p of panel.points) made.push(vlSvg("circle", { cx: at.x(p[0]), cy: at.y(p[1]), r: 2, style: "fill: var(--vl-1)" }));
      if (panel.mark !== null) made.push(vlSvg("circle", { cx: at.x(panel.points[panel.mark][0]), cy: at.y(panel.points[panel.mark][1]), r: 5, style: "fill: var(--vl-2)" }));
      svg.replaceChildren(...made);
    },
  };
}

// Buttons that set several values at once.
function vlLinks(palettes, picked, lead) {
  const list = vlElement("div", { class: "vl-links" });
  const { box, caption } = vlFrame(list);
  return {
    box,
    update({ targets, caption: text }) {
      caption.textContent = text;
      const texts = Object.keys(targets);
      box.hidden = !texts.length; // a page without a kernel may know none of them
      while (list.children.length > texts.length) list.lastChild.remove(); // what has the focus keeps it
      while (list.children.length < texts.length) list.append(vlElement("button", { type: "button" }));
      texts.forEach((text, i) => { list.children[i].textContent = text; list.children[i].onclick = () => lead(targets[text]); });
    },
  };
}

// A sound with the browser's own player. What sounds the same is not loaded again, so that it plays on.
function vlSound() {
  const audio = vlElement("audio", { controls: "" });
  const { box, caption } = vlFrame(audio);
  let loaded = new Uint8Array();
  return {
    box,
    update(panel) {
      caption.textContent = panel.caption;
      audio.setAttribute("aria-label", panel.alt);
      const bytes = vlBytes(panel.data);
      if (bytes.length === loaded.length && bytes.every((value, i) => value === loaded[i])) return;
      loaded = bytes.slice();
      let text = "";
      for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
      audio.src = `data:audio/wav;base64,${btoa(text)}`;
    },
  };
}
