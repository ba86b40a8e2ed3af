// The recorder: films in the page and hands the kernel whole files, in parts that its line to the page can take.

const VL_TYPES = [["video/webm;codecs=vp8", ".webm"], ["video/webm;codecs=vp9", ".webm"], ["video/webm", ".webm"], ["video/mp4", ".mp4"]];
const VL_PART = 1 << 19, VL_BITS = 2_500_000, VL_BUSY = 4000; // bytes of a message; bits a second; ms until the kernel counts as busy

function vlRecording() { return globalThis.MediaRecorder && VL_TYPES.find(([type]) => MediaRecorder.isTypeSupported(type)); }

function render({ model, el }) {
  const root = vlRoot(el, model.get("title"));
  const specs = [
    { kind: "choice", name: "label", label: "class", options: model.get("classes"), value: model.get("classes")[0] },
    { kind: "slider", name: "seconds", label: "seconds", min: 1, max: 6, step: 0.5, value: 2 },
    { kind: "slider", name: "clips", label: "clips in one take", min: 1, max: 10, step: 1, value: 3 },
    { kind: "slider", name: "wait", label: "count-down", min: 0, max: 5, step: 1, value: 3 },
    { kind: "toggle", name: "mirror", label: "mirrored preview", value: true },
  ];
  const controls = vlControls(root, specs, () => { camera.mirror(controls.mirror.value); say(plan()); });
  const status = vlElement("div", { class: "vl-status", role: "status" });
  const say = (text, bad = false) => { status.textContent = text; status.toggleAttribute("data-bad", bad); };
  const plan = () => {
    const { label, seconds, clips, wait } = controls;
    return `One press of "film" films ${clips.value} clip${clips.value === 1 ? "" : "s"} of ${seconds.value} s for ${label.value}, each ${wait.value ? `after a count-down of ${wait.value}` : "at once"}${controls.mirror.value ? "; the preview is a mirror, the file is not" : ""}.`;
  };

  const camera = vlCamera((on) => { film.disabled = !on; if (!on) stop(); }, say);
  const { video } = camera;
  camera.mirror(true);
  const film = vlElement("button", { type: "button", "aria-pressed": "false", disabled: true, text: "film" });
  const add = vlElement("button", { type: "button", text: "add files…" });
  const files = vlElement("input", { type: "file", accept: "video/*,.mkv,.avi", multiple: true, hidden: true, "aria-hidden": "true", tabindex: -1 });
  controls.label.box.before(vlElement("div", { class: "vl-control vl-buttons" }, camera.button, film, add, files, camera.light));
  vlReset(root, () => { stop(); camera.off(); for (const { name, value } of specs) controls[name].value = value; camera.mirror(true); say(plan()); });

  const preview = vlFrame(vlElement("div", { class: "vl-preview" }, video));
  preview.caption.textContent = "the camera";
  const bars = vlBars();
  const advice = vlElement("p", { class: "vl-advice" });
  const shelves = vlElement("div", { class: "vl-shelves" });
  root.append(status, vlElement("div", { class: "vl-panels" }, preview.box, bars.box), advice, shelves);

  // ---------------------------------------------------------------- film
  let press = null, recorder = null; // the press whose clips are being filmed
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  function stop() {
    press = null;
    if (recorder?.state === "recording") recorder.stop();
    film.setAttribute("aria-pressed", "false");
    film.textContent = "film";
    camera.show();
  }
  function filmed(type, seconds, mine) {
    return new Promise((done, failed) => {
      const parts = [];
      recorder = new MediaRecorder(camera.stream, { mimeType: type, videoBitsPerSecond: VL_BITS });
      recorder.ondataavailable = (event) => parts.push(event.data);
      recorder.onerror = (event) => failed(event.error);
      recorder.onstop = () => done(press === mine ? new Blob(parts, { type }) : null);
      recorder.start();
      setTimeout(() => { if (press === mine && recorder?.state === "recording") recorder.stop(); }, 1000 * seconds);
    });
  }
  film.addEventListener("click", async () => {
    if (press) { stop(); say(waiting.size ? "Stopped. A clip that was already filmed is still being saved: delete it below if you do not want it." : "Stopped. The clip being filmed is thrown away; those before it stay."); return; }
    const found = vlRecording();
    if (!found) { say("This browser cannot record video in a form that vidlab reads (WebM or MP4). Take a newer Firefox, Chrome, Edge or Safari, or add files.", true); return; }
    const [type, suffix] = found, mine = press = vlName();
    const label = controls.label.value, n = controls.clips.value, seconds = controls.seconds.value, wait = controls.wait.value;
    film.setAttribute("aria-pressed", "true");
    film.textContent = "■ stop";
    try {
      for (let i = 1; i <= n; i++) {
        for (let left = wait; left > 0; left--) {
          say(`${label}, clip ${i} of ${n}, in ${left}`);
          await rest(1000);
          if (press !== mine) return;
        }
        camera.show(`● filming ${label}, clip ${i} of ${n}`);
        say(`Filming ${label}, clip ${i} of ${n}.`);
        const blob = await filmed(type, seconds, mine);
        if (press !== mine) return;
        camera.show();
        await send(blob, label, suffix, mine);
        if (press !== mine) return;
      }
    } catch (error) {
      say(`The browser could not record: ${error?.message ?? error}. Add files instead, or take another browser.`, true);
    }
    if (press === mine) stop();
  });

  // ---------------------------------------------------------------- hand over
  const waiting = new Map(); // clip -> what to do when the kernel has answered
  function vlName() { return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`; }
  async function send(blob, label, suffix, of) {
    if (blob.size > model.get("largest")) {
      const words = `Not kept: the file is larger than ${model.get("largest") / 1e6} MB. Cut it into clips of some seconds.`;
      say(words, true);
      return words;
    }
    const clip = vlName(), answered = new Promise((done) => waiting.set(clip, done));
    const bytes = await blob.arrayBuffer().catch((error) => { waiting.delete(clip); throw error; });
    const parts = Math.max(1, Math.ceil(bytes.byteLength / VL_PART));
    const busy = setTimeout(() => say("The kernel is busy with a cell. The clip waits, and is saved as soon as the kernel is free: do not close this page.", true), VL_BUSY);
    for (let i = 0; i < parts; i++) {
      model.send({ kind: "part", clip, label, suffix, press: of, at: i, of: parts }, undefined, [bytes.slice(i * VL_PART, (i + 1) * VL_PART)]);
      await rest(0); // let the page live between them
    }
    const refused = await answered;
    clearTimeout(busy);
    return refused;
  }
  const suffixOf = (name) => (name.includes(".") ? name.slice(name.lastIndexOf(".")) : "");
  async function take(list) {
    const label = controls.label.value, of = vlName(), refused = []; // one take: files of one place
    for (const file of list) {
      const suffix = suffixOf(file.name), known = model.get("suffixes");
      if (!known.includes(suffix.toLowerCase())) { refused.push(`Not kept: ${file.name} is no video; have mp4, webm, mov, avi or mkv.`); continue; }
      try { const words = await send(file, label, suffix, of); if (words) refused.push(words); } catch { refused.push(`Not kept: ${file.name} cannot be read (a folder?).`); }
    }
    if (refused.length) say(refused.join(" "), true);
  }
  add.addEventListener("click", () => files.click());
  files.addEventListener("change", () => { take([...files.files]); files.value = ""; });
  root.addEventListener("dragover", (event) => { event.preventDefault(); event.stopPropagation(); root.toggleAttribute("data-drop", true); });
  root.addEventListener("dragleave", () => root.removeAttribute("data-drop"));
  root.addEventListener("drop", (event) => { event.preventDefault(); event.stopPropagation(); root.removeAttribute("data-drop"); take([...event.dataTransfer.files]); });

  // ---------------------------------------------------------------- what is there
  const pictures = new Set(); // addresses of strips, to be given back
  function shelve() {
    const held = root.getRootNode().activeElement?.dataset?.clip; // the hand may be on a clip
    pictures.forEach((address) => URL.revokeObjectURL(address));
    pictures.clear();
    shelves.replaceChildren(...Object.entries(model.get("clips")).filter(([, clips]) => clips.length).map(([label, clips]) => {
      const row = clips.map(({ name, strip, alt }, i) => {
        const address = URL.createObjectURL(new Blob([vlBytes(strip)], { type: "image/jpeg" }));
        pictures.add(address);
        const away = vlElement("button", { type: "button", "aria-label": `delete ${label}, clip ${i + 1}`, "data-clip": `${label}/${name}`, text: "delete" });
        away.addEventListener("click", () => {
          if (away.dataset.sure) { away.disabled = true; model.send({ kind: "delete", label, name }); return; }
          away.dataset.sure = "yes";
          away.textContent = "really delete";
          away.setAttribute("aria-label", `really delete ${label}, clip ${i + 1}: the file is gone then`);
        });
        away.addEventListener("blur", () => { delete away.dataset.sure; away.textContent = "delete"; away.setAttribute("aria-label", `delete ${label}, clip ${i + 1}`); });
        return vlElement("li", {}, vlElement("span", { text: `${i + 1}` }), vlElement("img", { src: address, alt, title: alt }), away);
      });
      return vlElement("section", { "aria-label": label }, vlElement("h4", { text: `${label}: ${clips.length}` }), vlElement("ul", {}, ...row));
    }));
    if (held) (shelves.querySelector(`[data-clip="${CSS.escape(held)}"]`) ?? film).focus();
  }
  const count = () => { bars.update(model.get("counts")); advice.textContent = model.get("advice"); };
  const heard = () => {
    const { clip, text, bad } = model.get("said");
    say(text, bad);
    waiting.get(clip)?.(bad ? text : null);
    waiting.delete(clip);
    if (bad && press) stop();
  };
  const listeners = { "change:clips": shelve, "change:counts": count, "change:advice": count, "change:said": heard };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  shelve();
  count();
  say(plan());
  const forget = vlSayWhenGone(model, root, true);
  const dark = new MutationObserver(() => { if (root.querySelector(".vl-gone")) { stop(); camera.off(); } }); // no kernel: nowhere to save
  dark.observe(root, { childList: true });
  model.send({ kind: "hello" });
  return () => {
    stop();
    camera.off();
    dark.disconnect();
    pictures.forEach((address) => URL.revokeObjectURL(address));
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    forget();
  };
}

export default { render };
