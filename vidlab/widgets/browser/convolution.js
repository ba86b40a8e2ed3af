// The convolution lab: everything is computed here, so nothing asks the kernel of the notebook.

// ---- the arithmetic

// Windows along an axis of n inputs: how many outputs, and how many zeros before and after ("same": Keras's rule).
function vlWindows(n, k, { stride, padding, dilation }) {
  const span = (k - 1) * dilation + 1;
  const outputs = padding === "same" ? Math.ceil(n / stride) : Math.floor((n - span) / stride) + 1;
  const zeros = padding === "same" ? Math.max((outputs - 1) * stride + span - n, 0) : 0;
  const before = Math.floor(zeros / 2);
  return { outputs, span, before, after: zeros - before };
}

// y[p, q] = sum_i sum_j x[s p + d i, s q + d j] kernel[i, j]; with `flip` the kernel is turned by half a turn first.
// `input` (rows, columns) and `kernel` (k, k) lie row by row; summed in double precision, kept as float32.
function vlConvolve(input, rows, columns, kernel, k, { stride = 1, padding = "valid", dilation = 1, flip = false } = {}) {
  if (stride > 1 && dilation > 1) throw new Error(`Stride ${stride} and dilation ${dilation}: only one of the two may be above 1. Keras's Conv2D refuses the pair, as does TensorFlow beneath it.`);
  const settings = { stride, padding, dilation };
  const down = vlWindows(rows, k, settings), across = vlWindows(columns, k, settings);
  if (down.outputs < 1 || across.outputs < 1) throw new Error(`The window does not fit: it spans ${down.span} × ${down.span} pixels, and the input has ${rows} × ${columns}. Take a smaller kernel or dilation, or padding same.`);
  const sums = new Float64Array(down.outputs * across.outputs);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) {
    const weight = kernel[flip ? k * k - 1 - (i * k + j) : i * k + j];
    if (!weight) continue;
    const top = dilation * i - down.before, left = dilation * j - across.before; // what entry (i, j) meets for output (0, 0)
    const first = Math.max(0, Math.ceil(-left / stride)), last = Math.min(across.outputs - 1, Math.floor((columns - 1 - left) / stride));
    for (let p = 0; p < down.outputs; p++) {
      const row = stride * p + top;
      if (row < 0 || row >= rows) continue; // a row of added zeros
      let from = row * columns + stride * first + left, to = p * across.outputs + first;
      for (let q = first; q <= last; q++, from += stride, to++) sums[to] += weight * input[from];
    }
  }
  return { values: Float32Array.from(sums), rows: down.outputs, columns: across.outputs };
}

// Which of n inputs along an axis no window meets, as runs [from, how many], and how many of them lie after the last window.
function vlUnused(n, k, settings) {
  const { outputs, before } = vlWindows(n, k, settings);
  const met = new Uint8Array(n);
  for (let p = 0; p < outputs; p++) for (let i = 0; i < k; i++) {
    const at = settings.stride * p + settings.dilation * i - before;
    if (at >= 0 && at < n) met[at] = 1;
  }
  const runs = [];
  for (let at = 0; at < n; at++) {
    if (met[at]) continue;
    if (at && !met[at - 1]) runs[runs.length - 1][1]++;
    else runs.push([at, 1]);
  }
  const count = runs.reduce((sum, run) => sum + run[1], 0);
  const last = runs.at(-1);
  return { runs, count, left: last && last[0] + last[1] === n ? last[1] : 0 };
}

// What is never used, and why, in words; empty where every pixel is.
function vlReason(rows, columns, k, settings) {
  const { stride } = settings;
  const down = vlUnused(rows, k, settings), across = vlUnused(columns, k, settings);
  if (!down.count && !across.count) return "";
  const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const left = [down.left && `${many(down.left, "row")} at the bottom`, across.left && `${many(across.left, "column")} on the right`].filter(Boolean);
  const never = rows * columns - (rows - down.count) * (columns - across.count);
  const span = vlWindows(rows, k, settings).span;
  const sums = [...new Set([down.left && rows, across.left && columns])].filter(Boolean).map((n) => `${n} - ${span} = ${n - span}`);
  return [
    left.length && settings.padding === "valid" && `Stride ${stride} does not divide ${sums.join(", nor ")}: after the last window ${left.join(" and ")} are left over.`,
    left.length && settings.padding === "same" && `After the last window ${left.join(" and ")} are left over.`,
    (down.count > down.left || across.count > across.left) && (stride > k ? `Stride ${stride} is larger than the kernel (${k}): the windows step over pixels.` : "The spread entries of the kernel step over pixels."),
    `${never} of ${rows * columns} input pixels are never used.`,
  ].filter(Boolean).join(" ");
}

function vlFormula(name, n, k, { stride, padding, dilation }) {
  const { outputs } = vlWindows(n, k, { stride, padding, dilation });
  return padding === "same" ? `${name}: ceil(${n}/${stride}) = ${outputs}` : `${name}: floor((${n} - (${k}-1)*${dilation} - 1)/${stride}) + 1 = ${outputs}`;
}

// A kernel of one's own at another size: cut or filled with zeros around its middle.
function vlResized(kernel, k, size) {
  const made = new Float32Array(size * size), move = Math.floor((size - 1) / 2) - Math.floor((k - 1) / 2);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) {
    const row = i + move, column = j + move;
    if (row >= 0 && row < size && column >= 0 && column < size) made[row * size + column] = kernel[i * k + j];
  }
  return made;
}

// ---- the drawing

const VL_WIDE = 240; // of the two pictures on the page, in pixels

const vlShade = (value, low, high) => Math.min(255, Math.max(0, Math.floor(((value - low) / (high - low)) * 255 + 0.5))); // as lab.shades
const vlRound = (value, digits) => String(+value.toFixed(digits)); // no "-0"
// As long as there is room for in a cell of a kernel of size k.
function vlShort(value, k) {
  if (k <= 5) return vlRound(value, 3);
  return vlRound(value, Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : 1).replace(/^(-?)0\./, "$1.");
}
const vlFont = (k) => (k > 5 ? 10 : k > 3 ? 12 : 15);
const vlFactor = (n, digits) => (n < 0 ? `(${vlRound(n, digits)})` : vlRound(n, digits));

// 256 backgrounds of a palette, and whether black or white is read better on each.
function vlInks(bytes) {
  return Array.from({ length: 256 }, (_, i) => {
    const rgb = [...bytes.subarray(3 * i, 3 * i + 3)];
    const [r, g, b] = rgb.map((c) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return { paper: `rgb(${rgb.join(" ")})`, ink: 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff" };
  });
}

// Seen on every colour: a bright line on a dark one.
function vlOutline(x, y, width, height) {
  return ["vl-box vl-halo", "vl-box"].map((name) => vlSvg("rect", { class: name, x, y, width, height }));
}

// A picture that something is laid over: a canvas, and an SVG whose unit is a pixel of the picture.
function vlOverlaid() {
  const canvas = vlElement("canvas", { role: "img" });
  canvas.style.width = `${VL_WIDE}px`;
  const overlay = vlSvg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  const pattern = vlId();
  const hatch = vlSvg("pattern", { id: pattern, width: 1, height: 1, patternUnits: "userSpaceOnUse" });
  hatch.append(vlSvg("path", { d: "M0 1L1 0", stroke: "#999", "stroke-width": 0.2 }));
  const still = vlSvg("g"), moving = vlSvg("g");
  overlay.append(hatch, still, moving);
  const { box, caption } = vlFrame(vlElement("div", { class: "vl-picture" }, canvas, overlay));
  box.classList.add("vl-overlaid");
  return {
    canvas, box, caption, still, moving, pattern,
    draw(bytes, height, width, colours) {
      vlDraw(canvas, bytes, height, width, colours);
      canvas.style.aspectRatio = `${width} / ${height}`;
      overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    },
  };
}

// A grid of k x k numbers on coloured cells; a canvas, because 243 texts in SVG take too long at each move of the mouse.
function vlNumbers(name) {
  const canvas = vlElement("canvas", { class: "vl-numbers", role: "img" });
  const { box, caption } = vlFrame(canvas);
  const pen = canvas.getContext("2d", { alpha: false });
  let sharp = 0, size = 0; // pixels of the screen for one of the page, and the font's size
  return {
    box,
    update(k, numbers, inks, shades, text) {
      const wide = 261 / k, high = 216 / k, wanted = vlFont(k);
      if (sharp !== Math.ceil(devicePixelRatio)) { // at first, and when the page is zoomed
        sharp = Math.ceil(devicePixelRatio);
        size = 0;
        canvas.width = 262 * sharp;
        canvas.height = 217 * sharp;
        pen.scale(sharp, sharp);
        pen.textAlign = "center";
        pen.textBaseline = "middle";
      }
      if (size !== wanted) { size = wanted; pen.font = `${size}px sans-serif`; }
      const texts = numbers.map((v) => vlShort(v, k));
      pen.fillStyle = "#888"; // the lines between the cells
      pen.fillRect(0, 0, 262, 217);
      texts.forEach((word, at) => {
        const { paper, ink } = inks[shades[at]], x = Math.round((at % k) * wide), y = Math.round(Math.floor(at / k) * high);
        pen.fillStyle = paper;
        pen.fillRect(x + 1, y + 1, Math.round((at % k + 1) * wide) - x - 1, Math.round((Math.floor(at / k) + 1) * high) - y - 1);
        pen.fillStyle = ink;
        pen.fillText(word, x + wide / 2, y + high / 2 + 1);
      });
      caption.textContent = text;
      const lines = Array.from({ length: k }, (_, i) => texts.slice(i * k, (i + 1) * k).join(", "));
      canvas.setAttribute("aria-label", `${name}, ${k} by ${k}: ${lines.join("; ")}`);
    },
  };
}

function render({ model, el }) {
  const root = vlRoot(el, model.get("title"));
  root.classList.add("vl-convolution");
  const [frames, rows, columns] = model.get("shape"), note = model.get("note");
  const clip = new Float32Array(vlBytes(model.get("pixels")).slice().buffer);
  const palettes = Object.fromEntries(Object.entries(model.get("palettes")).map(([name, data]) => [name, vlBytes(data)]));
  const inks = { gray: vlInks(palettes.gray), PuOr: vlInks(palettes.PuOr) };
  const presets = model.get("presets"), start = model.get("start");
  let k = start.size, kernel = Float32Array.from(start.weights);
  let own = { k, kernel }; // what "my own" stands for
  let y = null, windows = null, settings = null, laid = {}; // laid: what the grid of the kernel shows

  const controls = vlControls(root, [
    { kind: "choice", name: "preset", label: "preset", options: [...Object.keys(presets), "my own"], value: start.preset },
    { kind: "slider", name: "size", label: "kernel size", min: 1, max: 9, step: 1, value: k },
    { kind: "slider", name: "stride", label: "stride", min: 1, max: 4, step: 1, value: start.stride },
    { kind: "choice", name: "padding", label: "padding", options: ["valid", "same"], value: start.padding },
    { kind: "slider", name: "dilation", label: "dilation", min: 1, max: 3, step: 1, value: start.dilation },
    { kind: "choice", name: "operation", label: "operation", options: ["correlation", "true convolution"], value: start.flip ? "true convolution" : "correlation" },
    { kind: "slider", name: "row", label: "output row", min: 0, max: rows, step: 1, value: 0 },
    { kind: "slider", name: "column", label: "output column", min: 0, max: columns, step: 1, value: 0 },
    { kind: "slider", name: "range", label: "range of the colours", min: 0.25, max: 8, step: 0.25, value: start.range },
    { kind: "choice", name: "colours", label: "colours", options: ["automatic", "grey", "around zero"] },
    ...(frames > 1 ? [{ kind: "slider", name: "frame", label: "frame", min: 0, max: frames - 1, step: 1, value: 0 }, { kind: "play", name: "play", label: "play", over: "frame", fps: 12 }] : []),
  ], changed);

  const before = vlOverlaid(), after = vlOverlaid();
  const editor = vlElement("div", { class: "vl-cells", role: "group", "aria-label": "kernel weights" });
  const edited = vlFrame(editor);
  edited.box.classList.add("vl-overlaid"); // so that its caption is as high as those of the pictures
  const grids = { window: vlNumbers("window"), kernel: vlNumbers("kernel as it is laid on the window"), products: vlNumbers("products") };
  const sum = vlElement("p", { class: "vl-sum", "aria-live": "polite" });
  const formula = vlElement("p", { class: "vl-formula" });
  const status = vlElement("div", { class: "vl-status", role: "status" });
  const detail = vlElement("div", { class: "vl-panels" }, grids.window.box, grids.kernel.box, grids.products.box);
  for (const grid of [grids.window, grids.products]) grid.box.classList.add("vl-stale"); // dim where there is no output
  root.append(formula, status, sum, vlElement("div", { class: "vl-panels" }, before.box, after.box, edited.box), detail);
  after.canvas.parentElement.setAttribute("data-pick", "");

  function changed(name) {
    if (name === "row" || name === "column") return point();
    if (name === "preset" || name === "size") {
      k = controls.size.value;
      const chosen = presets[controls.preset.value];
      if (name === "preset" && !chosen) own = { k, kernel };
      kernel = chosen ? Float32Array.from(chosen[k - 1]) : vlResized(own.kernel, own.k, k);
      if (name === "preset" && chosen) controls.range.value = around() ? 2 : 1;
    }
    compute();
    if (name === "preset" || name === "size") edit(); // last: a canvas waits for new inputs when it sets its font
  }

  // One small input a weight, at a fixed place of a 9 x 9 grid, hidden beyond the size: making them anew takes too long.
  const cells = Array.from({ length: 81 }, (_, place) => {
    const i = Math.floor(place / 9), j = place % 9;
    const cell = vlElement("input", { type: "number", step: "any", "aria-label": `weight row ${i}, column ${j}` });
    cell.addEventListener("input", () => {
      kernel = kernel.slice();
      delete last.get(cell).value;
      kernel[i * k + j] = Number.isFinite(cell.valueAsNumber) ? cell.valueAsNumber : 0; // an empty cell counts as 0
      own = { k, kernel };
      controls.preset.value = "my own";
      paint();
      compute();
    });
    return cell;
  });
  editor.append(...cells);
  const last = new Map(cells.map((cell) => [cell, {}]));
  const set = (cell, name, value) => { // to set what is so already takes as long
    if (last.get(cell)[name] === value) return;
    last.get(cell)[name] = value;
    cell[name] = value;
  };
  const shown = () => cells.filter((_, place) => Math.floor(place / 9) < k && place % 9 < k); // row by row
  function edit() {
    cells.forEach((cell, place) => set(cell, "hidden", Math.floor(place / 9) >= k || place % 9 >= k));
    editor.style.gridTemplate = `repeat(${k}, 1fr) / repeat(${k}, 1fr)`;
    editor.style.fontSize = `${vlFont(k)}px`;
    shown().forEach((cell, at) => set(cell, "value", vlShort(kernel[at], k)));
    paint();
  }
  const largest = () => kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-6);
  function paint() {
    const most = largest();
    shown().forEach((cell, at) => {
      const { paper, ink } = inks.PuOr[vlShade(kernel[at], -most, most)];
      set(cell, "style", `background: ${paper}; color: ${ink}`);
    });
    edited.caption.textContent = `kernel ${k} × ${k}, weights sum to ${vlRound(kernel.reduce((a, b) => a + b, 0), 3)}`;
  }

  // Grey for kernels that make a picture again, a palette centred on zero for those that take differences.
  function around() {
    if (controls.colours.value !== "automatic") return controls.colours.value === "around zero";
    return kernel.some((weight) => weight < 0) && kernel.reduce((a, b) => a + b, 0) < 0.5;
  }

  function compute() {
    settings = { stride: controls.stride.value, padding: controls.padding.value, dilation: controls.dilation.value, flip: controls.operation.value === "true convolution" };
    const frame = controls.frame ? controls.frame.value : 0;
    const input = clip.subarray(frame * rows * columns, (frame + 1) * rows * columns);
    const lines = rows === columns ? [vlFormula("output rows and columns", rows, k, settings)] : [vlFormula("output rows", rows, k, settings), vlFormula("output columns", columns, k, settings)];
    let wrong = "";
    try {
      y = vlConvolve(input, rows, columns, kernel, k, settings);
    } catch (error) {
      y = null;
      wrong = error.message;
    }
    const none = { before: 0, after: 0 };
    windows = y ? { down: vlWindows(rows, k, settings), across: vlWindows(columns, k, settings), input } : { down: none, across: none, input };
    formula.textContent = settings.stride > 1 && settings.dilation > 1 ? "no output size: this pair is refused" : lines.join("\n");
    const scale = around() ? { low: -controls.range.value, high: controls.range.value, colours: "PuOr" } : { low: 0, high: controls.range.value, colours: "gray" };
    root.vlOutput = { ...(y || { values: new Float32Array(0), rows: 0, columns: 0, error: wrong }), ...settings, ...scale, kernel, k, frame };
    root.toggleAttribute("data-none", !y);
    drawInput(Boolean(y));
    for (const [name, n] of [["row", y?.rows], ["column", y?.columns]]) controls[name].change(y ? { max: n - 1, disabled: false } : { disabled: true });
    const reason = wrong || vlReason(rows, columns, k, settings);
    if (y) drawOutput(scale, reason);
    else { status.textContent = wrong; after.caption.textContent = "no output"; after.canvas.setAttribute("aria-label", `no output: ${wrong}`); }
    status.toggleAttribute("data-bad", reason !== "");
    point();
  }

  // The input with its added zeros (hatched), and what is never used (crossed out in red).
  function drawInput(works) {
    const { down, across, input } = windows;
    const height = rows + down.before + down.after, width = columns + across.before + across.after;
    const bytes = new Uint8Array(height * width);
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) bytes[(r + down.before) * width + c + across.before] = vlShade(input[r * columns + c], 0, 1);
    before.draw(bytes, height, width, palettes.gray);
    const made = [];
    if (height > rows || width > columns) {
      const [x, y0] = [across.before, down.before];
      made.push(vlSvg("path", { d: `M0 0H${width}V${height}H0ZM${x} ${y0}V${y0 + rows}H${x + columns}V${y0}Z`, fill: `url(#${before.pattern})` }));
      made.push(vlSvg("rect", { class: "vl-edge", x, y: y0, width: columns, height: rows }));
    }
    if (works) {
      for (const [from, n] of vlUnused(rows, k, settings).runs) made.push(vlSvg("rect", { class: "vl-unused", x: across.before, y: from + down.before, width: columns, height: n }));
      for (const [from, n] of vlUnused(columns, k, settings).runs) made.push(vlSvg("rect", { class: "vl-unused", x: from + across.before, y: down.before, width: n, height: rows }));
    }
    before.still.replaceChildren(...made);
    before.caption.textContent = `input ${rows} × ${columns}${note}${width > columns || height > rows ? ";\nhatched: added zeros" : ""}`;
  }

  function drawOutput({ low, high, colours }, reason) {
    const { values } = y;
    const bytes = new Uint8Array(values.length);
    let beyond = 0, least = Infinity, most = -Infinity;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      bytes[i] = vlShade(value, low, high);
      if (value < low - 1e-6 || value > high + 1e-6) beyond++;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    after.draw(bytes, y.rows, y.columns, palettes[colours]);
    after.caption.textContent = `output ${y.rows} × ${y.columns}, point at a pixel:\n${colours === "gray" ? `black 0, white ${high}` : `orange ${low}, white 0, purple ${high}`}`;
    const said = `The output is ${y.rows} × ${y.columns}, with numbers from ${vlRound(least, 3)} to ${vlRound(most, 3)}${beyond ? `; ${beyond} of them lie beyond the range of the colours` : ""}.`;
    after.words = said;
    status.textContent = reason || said;
  }

  // The chosen output: its window in the input, and the sum, number by number.
  function point() {
    const { stride, dilation, flip } = settings, { down, across, input } = windows;
    const weights = flip ? kernel.toReversed() : kernel, most = largest();
    const colour = (numbers) => Array.from(numbers, (v) => vlShade(v, -most, most));
    if (laid.kernel !== kernel || laid.flip !== flip) grids.kernel.update(k, Array.from(weights), inks.PuOr, colour(weights), flip ? "× kernel, turned by half a turn" : "× kernel");
    laid = { kernel, flip };
    if (!y) { before.moving.replaceChildren(); after.moving.replaceChildren(); sum.textContent = ""; return; }
    const p = controls.row.value, q = controls.column.value;
    const seen = [], products = [];
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) {
      const r = stride * p + dilation * i - down.before, c = stride * q + dilation * j - across.before;
      seen.push(r < 0 || c < 0 || r >= rows || c >= columns ? 0 : input[r * columns + c]);
      products.push(seen.at(-1) * weights[i * k + j]);
    }
    const entries = dilation > 1 ? seen.map((_, at) => vlSvg("rect", { class: "vl-entry", x: stride * q + dilation * (at % k), y: stride * p + dilation * Math.floor(at / k), width: 1, height: 1 })) : [];
    before.moving.replaceChildren(...vlOutline(stride * q, stride * p, across.span, down.span), ...entries);
    after.moving.replaceChildren(...vlOutline(q, p, 1, 1));
    const top = stride * p - down.before, left = stride * q - across.before;
    before.canvas.setAttribute("aria-label", `input, ${rows} by ${columns}; outlined: rows ${top} to ${top + down.span - 1}, columns ${left} to ${left + across.span - 1}`);
    const value = y.values[p * y.columns + q];
    after.canvas.setAttribute("aria-label", `${after.words} Outlined: row ${p}, column ${q}, ${vlRound(value, 4)}`);

    grids.window.update(k, seen, inks.gray, seen.map((v) => vlShade(v, 0, 1)), `window at row ${top}, column ${left}`);
    grids.products.update(k, products, inks.PuOr, colour(products), "= products");
    let terms = Array.from(weights, (w, at) => [w, seen[at]]);
    if (terms.length > 9) terms = terms.filter(([w]) => w !== 0);
    const words = terms.map(([w, x]) => `${vlRound(x, 3)} × ${vlFactor(w, 3)}`);
    if (words.length > 12) words.splice(6, words.length - 9, `… (${words.length - 9} more) …`);
    sum.textContent = `y[${p}, ${q}] = ${words.join(" + ") || "0"} = ${vlRound(value, 4)}`;
  }

  // Hovering over the output chooses a pixel; the two sliders do the same.
  const pick = (event) => {
    if (!y) return;
    const { left, top, width, height } = after.canvas.getBoundingClientRect();
    const within = (at, n) => Math.min(Math.max(Math.floor(at * n), 0), n - 1);
    const row = within((event.clientY - top) / height, y.rows), column = within((event.clientX - left) / width, y.columns);
    if (row === controls.row.value && column === controls.column.value) return;
    controls.row.value = row;
    controls.column.value = column;
    point();
  };
  after.canvas.addEventListener("pointermove", pick);
  after.canvas.addEventListener("pointerdown", pick);

  vlReset(root, () => {
    controls.play?.stop();
    k = start.size;
    kernel = Float32Array.from(start.weights);
    own = { k, kernel };
    for (const { spec } of Object.values(controls)) if (spec.name in first) controls[spec.name].value = first[spec.name];
    compute();
    edit();
    middle();
  });
  const first = Object.fromEntries(Object.entries(controls).filter(([, { spec }]) => "value" in spec).map(([name, { spec }]) => [name, spec.value]));
  first.colours = "automatic";
  const middle = () => { if (y) { controls.row.value = Math.floor(y.rows / 2); controls.column.value = Math.floor(y.columns / 2); point(); } };
  edit();
  compute();
  middle();
  const forget = vlSayWhenGone(model, root, false);
  return () => { controls.play?.stop(); forget(); };
}

export default { render };
