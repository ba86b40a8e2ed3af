// The live view: frames go to the kernel, one message at a time, and its answers come back as bars. While an answer is
// on its way, frames wait here and go along with the next message: nothing ever queues.

const VL_LIVE = { keep: 10, wide: 320, busy: 4000, answers: 120 }; // seconds to step back; pixels; ms; answers kept

function render({ model, el }) {
  const root = vlRoot(el, model.get("title"));
  const classes = model.get("classes"), file = model.get("file"), hasFile = Boolean(file.data);
  const sources = hasFile ? ["file", "camera"] : ["camera"];
  const specs = [
    { kind: "choice", name: "source", label: "source", options: sources, value: sources[0] },
    { kind: "slider", name: "smooth", label: "smoothing", min: 0, max: 0.95, step: 0.05, value: 0.5 },
    { kind: "slider", name: "least", label: "nothing of these below", min: 0, max: 1, step: 0.05, value: 0.5 },
    { kind: "slider", name: "back", label: "answers back", min: 0, max: 0, step: 1, value: 0 },
  ];
  const controls = vlControls(root, specs, (name) => { if (name === "source") stop(); if (name === "back") choose(); draw(true); });
  controls.source.box.hidden = !hasFile;
  const status = vlElement("div", { class: "vl-status", role: "status" });
  const say = (text, bad = false) => { status.textContent = text; status.toggleAttribute("data-bad", bad); };
  const camera = vlCamera((on) => { if (on) start(); else { if (running || frozen) stop(); forgetFrames(); draw(true); } }, say);
  const { video } = camera;
  camera.mirror(true);
  const play = vlElement("button", { type: "button", "aria-pressed": "false", text: "▶ play the file" });
  const freeze = vlElement("button", { type: "button", "aria-pressed": "false", disabled: true, text: "freeze" });
  const inside = vlElement("button", { type: "button", disabled: true, text: "look inside" });
  const why = vlElement("button", { type: "button", disabled: true, text: "what did it look at?" });
  controls.source.box.after(vlElement("div", { class: "vl-control vl-buttons" }, play, camera.button, freeze, inside, why, camera.light));
  vlReset(root, () => { shut(); stop(); camera.off(); forgetFrames(); for (const { name, value } of specs) controls[name].value = value; limit(); place(); draw(true); });

  const canvas = vlElement("canvas", { role: "img" }); // the file, or the frozen moment
  const preview = vlFrame(vlElement("div", { class: "vl-preview" }, video, canvas));
  const bars = vlBars(), lines = vlLines();
  const rate = vlElement("p", { class: "vl-rate" }); // changes many times a second: not read out
  root.append(status, vlElement("div", { class: "vl-panels" }, preview.box, bars.box, lines.box), rate);

  // ---------------------------------------------------------------- frames
  const history = []; // {time, p, frame: {bytes, height, width}}
  const grab = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  let running = null, frozen = false, opening = false, held = [], asked = null, busy = null, at = 0, named = null;
  const sent = []; // when frames were taken and answers drawn, for the rate
  const fromFile = () => controls.source.value === "file";
  function look() {
    if (!fromFile()) {
      if (!video.videoWidth) return null;
      const width = Math.min(VL_LIVE.wide, video.videoWidth), height = Math.round((video.videoHeight * width) / video.videoWidth);
      Object.assign(grab.canvas, { width, height });
      grab.drawImage(video, 0, 0, width, height);
      const rgba = grab.getImageData(0, 0, width, height).data, bytes = new Uint8Array(3 * width * height);
      for (let i = 0, j = 0; i < rgba.length; i += 4, j += 3) { bytes[j] = rgba[i]; bytes[j + 1] = rgba[i + 1]; bytes[j + 2] = rgba[i + 2]; }
      return { bytes, height, width };
    }
    const [frames, height, width] = file.shape, n = height * width * 3;
    const number = at++ % frames;
    return { bytes: vlBytes(file.data).subarray(number * n, (number + 1) * n), height, width };
  }
  function tick() {
    const frame = look();
    if (!frame) return;
    held.push({ time: performance.now() / 1000, ...frame });
    const most = Math.min(60, Math.max(2, Math.floor(6e6 / frame.bytes.length))); // a message of 10 MiB would cut the line
    while (held.length > most) held.shift();
    if (fromFile()) show(frame);
    if (!asked) ask();
  }
  function ask() {
    if (!held.length || !running) return;
    asked = { id: vlLiveId(), frame: held.at(-1) };
    const { height, width } = asked.frame;
    held = held.filter((frame) => frame.height === height && frame.width === width); // a phone may be turned
    model.send({ kind: "frames", id: asked.id, times: held.map((frame) => frame.time), shape: [height, width] }, undefined, held.map((frame) => frame.bytes.slice().buffer));
    held = [];
    clearTimeout(busy);
    busy = setTimeout(() => say("The kernel is busy with a cell: the bars stand still until it is free.", true), VL_LIVE.busy);
  }
  function vlLiveId() { return Math.random().toString(36).slice(2); }
  function answered() {
    const { id, p, ms, lacks, time, bad } = model.get("answer");
    if (!asked || id !== asked.id) return;
    const { frame } = asked, now = performance.now();
    asked = null;
    clearTimeout(busy);
    if (bad) { stop(); say(bad, true); return; }
    if (!running) return;
    if (!p) say(`Collecting the first ${model.get("seconds")} s: ${lacks.toFixed(1)} s to go.`);
    else {
      history.push({ time, p, frame });
      while (history.length > VL_LIVE.answers || history[0].time < time - VL_LIVE.keep) history.shift();
      sent.push(now);
      while (sent.length > 4 && sent[0] < now - 2000) sent.shift();
      const every = sent.length > 1 ? (1000 * (sent.length - 1)) / (now - sent[0]) : 0;
      const late = now - 1000 * frame.time;
      rate.textContent = `${every.toFixed(1)} answers a second; ${late.toFixed(0)} ms from picture to bars, ${ms.toFixed(0)} of them in the kernel.`;
      root.vlRate = { every, late, ms }; // for tests and bench
      limit();
      draw(false);
    }
    ask();
  }

  // ---------------------------------------------------------------- what is shown
  function smoothed() { // p after each answer: s = a s + (1 - a) p
    const a = controls.smooth.value, all = [];
    for (const { p } of history) all.push(all.length ? p.map((x, k) => a * all.at(-1)[k] + (1 - a) * x) : [...p]);
    return all;
  }
  function draw(always) {
    const all = smoothed(), number = history.length - 1 - (frozen ? controls.back.value : 0);
    const p = all[number];
    const least = controls.least.value;
    const shown = p ?? classes.map(() => 0);
    const best = p ? p.indexOf(Math.max(...p)) : -1;
    const name = !p ? null : p[best] < least ? "nothing of these" : classes[best];
    const told = p ? classes.map((label, k) => `${label} ${p[k].toFixed(2)}`).join(", ") : "nothing was seen yet";
    bars.update({ names: classes, series: { probability: shown }, texts: [], ends: ["0", "0.5", "1"], caption: name ? `the answer: ${name}` : "no answer yet", alt: `Probabilities: ${told}.` });
    const series = Object.fromEntries(classes.map((label, k) => [label, all.length > 1 ? all.map((one) => one[k]) : [0, 0]]));
    lines.update({ series, caption: "the last answers, smoothed", alt: `Smoothed probabilities of the last ${all.length} answers.`, low: 0, high: 1, xlabel: "answer", ylabel: "probability", mark: frozen && p ? number : null, draw: null, height: 150 });
    if (frozen && p) { show(history[number].frame); preview.caption.textContent = `frozen, ${(history.at(-1).time - history[number].time).toFixed(1)} s back`; }
    if (!frozen) preview.caption.textContent = fromFile() ? "the file" : "the camera, mirrored";
    if (frozen && p) say(`Frozen: ${name}. ${told}. Look inside, see what it looked at, or take view.moment on in the next cell (if this cell says view = widgets.live(...)).`);
    else if (always || name !== named) say(name ? `${name}: smoothing ${controls.smooth.value}, at least ${least}.` : ready());
    named = name;
  }
  const ready = () => `${fromFile() ? "Press play" : "Switch the camera on"}: the model answers to the last ${model.get("seconds")} s. Smoothing ${controls.smooth.value}; below ${controls.least.value} it is nothing of these.`;
  function show(frame) {
    vlDraw(canvas, frame.bytes, frame.height, frame.width, null);
    canvas.setAttribute("aria-label", frozen ? "the frozen picture" : "the file");
    canvas.toggleAttribute("data-mirrored", !fromFile());
  }
  function limit() {
    controls.back.change({ max: Math.max(history.length - 1, 0), disabled: !frozen });
    freeze.disabled = !history.length;
    inside.disabled = why.disabled = !frozen || opening;
  }
  function place() { // the camera's picture, or the canvas
    const still = frozen || fromFile();
    canvas.hidden = !still;
    video.hidden = still;
    play.hidden = !fromFile();
    camera.button.hidden = camera.light.hidden = fromFile() && !camera.on;
    if (fromFile() && !frozen && !running) show({ bytes: vlBytes(file.data).subarray(0, file.shape[1] * file.shape[2] * 3), height: file.shape[1], width: file.shape[2] });
  }
  function choose() {
    const moment = frozen ? history.at(-1 - controls.back.value) : null;
    model.set("chosen", moment ? moment.time : null);
    model.save_changes();
  }

  // ---------------------------------------------------------------- the moment in another lab
  const below = vlElement("div", { class: "vl-below" });
  el.append(below);
  let under = null; // the view of the lab below
  function open(lab) {
    opening = true;
    limit();
    say(`Opening the ${lab} on this moment.`);
    model.send({ kind: "open", lab, id: vlLiveId() }); // the same refusal twice is an answer, too
    clearTimeout(busy);
    busy = setTimeout(() => say(`The kernel is busy: the ${lab} opens when it is free.`, true), VL_LIVE.busy);
  }
  async function opened() {
    const { lab, id, bad } = model.get("below");
    if (opening) clearTimeout(busy);
    opening = false;
    limit();
    under?.remove();
    under = null;
    if (bad) say(bad, true);
    if (!id) return;
    const view = await model.widget_manager.create_view(await model.widget_manager.get_model(id));
    if (model.get("below").id !== id) { view.remove(); return; } // another one has come meanwhile
    under = view;
    below.append(view.el);
    if (frozen) say(`The ${lab} below has this moment. Press again for another moment, or reset to close it.`);
  }
  function shut() {
    if (model.get("below").lab) model.send({ kind: "shut" });
  }
  inside.addEventListener("click", () => open("layer explorer"));
  why.addEventListener("click", () => open("explanation lab"));

  // ---------------------------------------------------------------- on and off
  function forgetFrames() { // here and in the kernel
    history.length = held.length = sent.length = 0;
    asked = null;
    limit();
    try { model.send({ kind: "clear" }); } catch { /* the kernel has gone, and its frames */ }
  }
  function start() {
    if (frozen) thaw();
    forgetFrames();
    asked = named = null; // the first answer is said, whatever it is
    at = 0;
    running = setInterval(tick, 1000 / (fromFile() ? file.fps : model.get("rate")));
    play.setAttribute("aria-pressed", "true");
    play.textContent = "⏸ stop";
    place();
    limit();
  }
  function stop() {
    clearInterval(running);
    clearTimeout(busy);
    running = null;
    asked = null;
    if (frozen) thaw();
    if (fromFile()) camera.off(); // one that is being opened, too
    play.setAttribute("aria-pressed", "false");
    play.textContent = "▶ play the file";
    place();
    limit();
  }
  function thaw() {
    frozen = false;
    freeze.setAttribute("aria-pressed", "false");
    freeze.textContent = "freeze";
    controls.back.value = 0;
    choose();
  }
  play.addEventListener("click", () => { if (running) stop(); else start(); });
  freeze.addEventListener("click", () => {
    if (frozen) { thaw(); if (fromFile() || camera.on) start(); else { place(); limit(); draw(true); } return; }
    clearInterval(running);
    clearTimeout(busy);
    running = asked = null;
    frozen = true;
    freeze.setAttribute("aria-pressed", "true");
    freeze.textContent = "go on";
    play.setAttribute("aria-pressed", "false");
    play.textContent = "▶ play the file";
    controls.back.value = 0;
    choose();
    place();
    limit();
    draw(true);
  });
  const listeners = { "change:answer": answered, "change:below": opened };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  opened(); // after a reload of the page it is still there
  place();
  limit();
  draw(true);
  const forget = vlSayWhenGone(model, root, true);
  const dark = new MutationObserver(() => { if (root.querySelector(".vl-gone")) { stop(); camera.off(); } });
  dark.observe(root, { childList: true });
  model.send({ kind: "hello" });
  return () => {
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    try { shut(); } catch { /* the kernel has gone, and the lab below */ }
    under?.remove();
    stop();
    camera.off();
    dark.disconnect();
    forget();
  };
}

export default { render };
