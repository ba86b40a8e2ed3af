// The player: frames are here, so nothing asks the kernel.

const VL_INKS = [[213, 94, 0], [0, 114, 178], [0, 158, 115], [204, 121, 167], [230, 159, 0]]; // of masks, in turn

function render({ model, el }) {
  const root = vlRoot(el, model.get("title"));
  const clips = model.get("clips").map((clip) => ({ ...clip, bytes: vlBytes(clip.data) }));
  const layers = Object.fromEntries(model.get("layers").map((layer) => [layer.kind, { ...layer, bytes: vlBytes(layer.data) }]));
  if (layers.flow) layers.flow.numbers = new Float32Array(layers.flow.bytes.slice().buffer);
  const [frames, height, width] = clips[0].shape;
  const fps = model.get("fps"), times = model.get("times");
  const viridis = vlBytes(model.get("palettes").viridis);

  const specs = [
    { kind: "slider", name: "frame", label: "frame", min: 0, max: frames - 1, step: 1, value: 0 },
    { kind: "choice", name: "speed", label: "speed", options: ["0.25", "0.5", "1", "2", "4"], value: "1" },
    { kind: "toggle", name: "loop", label: "loop", value: true },
  ];
  const names = { heat: "heat map", masks: "masks", flow: "flow arrows" };
  for (const kind of Object.keys(layers)) specs.push({ kind: "toggle", name: kind, label: names[kind], value: true });
  if (layers.heat || layers.masks) specs.push({ kind: "slider", name: "opacity", label: "opacity", min: 0, max: 1, step: 0.05, value: 0.6 });
  if (layers.flow) specs.push({ kind: "slider", name: "length", label: "arrow length ×", min: 1, max: 10, step: 1, value: 3 });

  const play = vlElement("button", { type: "button", "aria-pressed": "false", text: "▶ play" });
  const back = vlElement("button", { type: "button", "aria-label": "one frame back", text: "◀" });
  const forth = vlElement("button", { type: "button", "aria-label": "one frame on", text: "▶" });
  const buttons = vlElement("div", { class: "vl-control" }, back, play, forth);
  const controls = vlControls(root, specs, () => draw());
  controls.frame.box.before(buttons);

  const panels = vlElement("div", { class: "vl-panels" });
  const views = clips.map((clip) => {
    const canvas = vlElement("canvas", { role: "img" });
    canvas.style.width = `${clip.shape[2] * times}px`;
    canvas.style.aspectRatio = `${clip.shape[2]} / ${clip.shape[1]}`;
    const overlay = vlSvg("svg", { viewBox: `0 0 ${clip.shape[2]} ${clip.shape[1]}`, "aria-hidden": "true" });
    const { box, caption } = vlFrame(vlElement("div", { class: "vl-picture" }, canvas, overlay));
    caption.textContent = clip.title;
    panels.append(box);
    return { canvas, overlay };
  });
  const status = vlElement("div", { class: "vl-status", role: "status" });
  root.append(status, panels);
  vlReset(root, () => { stop(); for (const { name, value } of specs) controls[name].value = value; draw(); });

  // Composed here and drawn at once: the first clip with its layers, the second as it is.
  function draw() {
    const frame = controls.frame.value;
    clips.forEach((clip, i) => {
      const n = clip.shape[1] * clip.shape[2] * 3;
      let bytes = clip.bytes.subarray(frame * n, (frame + 1) * n);
      if (i === 0 && (controls.heat?.value || controls.masks?.value)) bytes = covered(bytes.slice(), frame);
      vlDraw(views[i].canvas, bytes, clip.shape[1], clip.shape[2], null);
      views[i].canvas.setAttribute("aria-label", `${clip.title}, frame ${frame} of 0 to ${frames - 1}`);
    });
    views[0].overlay.replaceChildren(...(controls.flow?.value ? arrows(frame) : []));
    status.textContent = `frame ${frame} of 0 to ${frames - 1}, ${(frame / fps).toFixed(2)} s`;
  }

  function covered(bytes, frame) {
    const alpha = controls.opacity.value;
    const blend = (p, ink, from) => { for (let c = 0; c < 3; c++) bytes[3 * p + c] = Math.round(bytes[3 * p + c] * (1 - alpha) + ink[from + c] * alpha); };
    if (controls.heat?.value) {
      const [, rows, columns] = layers.heat.shape;
      for (let y = 0; y < height; y++) {
        const row = (frame * rows + Math.floor((y * rows) / height)) * columns;
        for (let x = 0; x < width; x++) blend(y * width + x, viridis, 3 * layers.heat.bytes[row + Math.floor((x * columns) / width)]);
      }
    }
    if (controls.masks?.value) {
      const start = frame * height * width;
      for (let p = 0; p < height * width; p++) {
        const object = layers.masks.bytes[start + p];
        if (object) blend(p, VL_INKS[(object - 1) % VL_INKS.length], 0);
      }
    }
    return bytes;
  }

  function arrows(frame) {
    const { numbers, shape: [fields, rows, columns], every } = layers.flow;
    if (frame >= fields) return [];
    const times = controls.length.value, made = [];
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
      const at = 2 * ((frame * rows + r) * columns + c);
      const u = numbers[at] * times, v = numbers[at + 1] * times;
      const x = c * every + Math.floor(every / 2) + 0.5, y = r * every + Math.floor(every / 2) + 0.5;
      const long = Math.hypot(u, v);
      if (!(long > 0.3)) continue;
      const head = Math.min(1.6, long / 2), ux = u / long, uy = v / long;
      const bx = x + u - head * ux, by = y + v - head * uy;
      made.push(vlSvg("path", { class: "vl-arrow", d: `M${x} ${y}L${x + u} ${y + v}M${bx - head * uy * 0.7} ${by + head * ux * 0.7}L${x + u} ${y + v}L${bx + head * uy * 0.7} ${by - head * ux * 0.7}` }));
    }
    return made;
  }

  let clock = null, due = 0;
  function stop() {
    if (clock !== null) cancelAnimationFrame(clock);
    clock = null;
    vlQuiet(play, false);
    play.setAttribute("aria-pressed", "false");
    play.textContent = "▶ play";
  }
  function tick(now) {
    const step = 1000 / (fps * Number(controls.speed.value));
    if (now - due > 500) due = now; // the page was hidden
    let frame = controls.frame.value;
    const before = frame;
    while (due <= now) {
      due += step;
      if (frame === frames - 1 && !controls.loop.value) { stop(); break; }
      frame = (frame + 1) % frames;
    }
    if (frame !== before) { controls.frame.value = frame; draw(); }
    if (clock !== null) clock = requestAnimationFrame(tick);
  }
  play.addEventListener("click", () => {
    if (clock !== null) return stop();
    if (controls.frame.value === frames - 1 && !controls.loop.value) controls.frame.value = 0;
    play.setAttribute("aria-pressed", "true");
    vlQuiet(play, true);
    play.textContent = "⏸ pause";
    due = performance.now();
    clock = requestAnimationFrame(tick);
  });
  const move = (by) => { stop(); controls.frame.value = Math.min(Math.max(controls.frame.value + by, 0), frames - 1); draw(); };
  back.addEventListener("click", () => move(-1));
  forth.addEventListener("click", () => move(1));
  draw();
  const forget = vlSayWhenGone(model, root, false);
  return () => { stop(); forget(); };
}

export default { render };
