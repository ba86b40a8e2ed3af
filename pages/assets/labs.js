// Labs on a page without a kernel: a stand-in for the model that the labs' views ask, and what loads them when a reader
// comes near. What a lab would ask its kernel was answered when the page was made, for a grid of settings.

const VL_NEAR = "800px"; // of the window: then a lab is loaded
const vlViews = {}, vlWaiting = {}; // kind -> its module; name -> what to do with its data

// Called by assets/KIND.js and labs/NAME.js. They are scripts, since from a folder (file://) a page can load nothing else.
globalThis.vidlabView = (kind, module) => { vlViews[kind] = module(); };
globalThis.vidlabLab = (name, data) => { vlWaiting[name](data); };

function vlLoad(source) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = done;
    script.onerror = () => failed(new Error(`${source} does not load`));
    document.head.append(script);
  });
}

// ---- a lab's file: see _packed in pages/alive.py

async function vlUnpacked(data) {
  const zipped = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const all = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(all.buffer).getUint32(0, true), blob = all.subarray(4 + length);
  const { state, lists } = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + length)));
  const filled = (value) => {
    if (Array.isArray(value)) return value.map(filled);
    if (value === null || typeof value !== "object") return value;
    const keys = Object.keys(value);
    if (keys.length === 1 && keys[0] === "bytes") return blob.subarray(...value.bytes);
    if (keys.length === 1 && keys[0] === "list") return lists[value.list];
    return Object.fromEntries(keys.map((key) => [key, filled(value[key])]));
  };
  return filled(state);
}

// ---- the settings that have answers

// The place nearest to what is wanted; for what a hand has just moved, the next in its direction.
function vlPlace(places, wanted, before) {
  if (places.includes(wanted) || typeof wanted !== "number") return places.includes(wanted) ? wanted : places[0];
  const onward = before === undefined ? [] : places.filter((place) => (wanted > before ? place >= wanted : place <= wanted));
  return (onward.length ? onward : places).reduce((best, place) => (Math.abs(place - wanted) < Math.abs(best - wanted) ? place : best));
}

// A grid's setting for the values that are wanted: its values, and the number of its answer. `before`: the values that
// stood there; what differs was changed, and goes before all else.
function vlSetting(grid, controls, start, wanted, before) {
  const changed = new Set(Object.keys(wanted).filter((name) => wanted[name] !== before[name]));
  let best = null, first = 0;
  for (const { axes, hidden } of grid.parts) {
    let at = 0, values = { ...start };
    for (const [name, places] of Object.entries(axes)) {
      values[name] = vlPlace(places, wanted[name], changed.has(name) ? before[name] : undefined);
      at = at * places.length + places.indexOf(values[name]);
    }
    for (const { name, sets } of controls) if (sets) values = { ...values, ...sets[values[name]] };
    for (const name of hidden) if (grid.places[name]) values[name] = vlPlace(grid.places[name], values[name]);
    let away = 0;
    for (const name of Object.keys(grid.places)) {
      if (hidden.includes(name) || values[name] === wanted[name]) continue;
      const span = grid.places[name].at(-1) - grid.places[name][0];
      if (changed.has(name) && (!span || values[name] === before[name])) away += 1000; // the hand is not followed
      else away += span ? 1 + Math.abs((values[name] - wanted[name]) / span) : 10;
    }
    if (!best || away < best.away) best = { away, values, answer: first + at };
    first += Object.values(axes).reduce((product, places) => product * places.length, 1);
  }
  return best;
}

// ---- the model that a view asks

function vlModel(state) {
  const { grid, controls, start } = state, listeners = {};
  const emit = (name) => { for (const listener of listeners[`change:${name}`] ?? []) listener(); };
  const put = (name, value) => { state[name] = value; emit(name); };
  let now = grid && vlSetting(grid, controls, start, start, start);
  const answer = () => {
    const [panels, limits, status] = grid.answers[now.answer].map((n) => grid.pool[n]);
    state.panels = Object.fromEntries(Object.entries(panels).map(([name, n]) => [name, grid.pool[n]]));
    Object.assign(state, { limits, status });
    put("answered", now.values);
  };
  if (grid) {
    state.values = state.start = now.values;
    answer();
  }
  const model = {
    get: (name) => state[name],
    set(name, value) {
      if (name !== "values") { put(name, value); return; }
      now = vlSetting(grid, controls, start, value, state.values);
      if (JSON.stringify(now.values) === JSON.stringify(state.values)) { emit("values"); return; } // a control must go back
      put("values", now.values);
      queueMicrotask(model.save_changes);
    },
    save_changes() {
      if (!grid) return;
      if (state.answered !== now.values) answer();
      if (state.asked.id !== state.ahead.id) put("ahead", { id: state.asked.id, answers: [] }); // all answers are here
    },
    on: (event, listener) => { (listeners[event] ??= []).push(listener); },
    off: (event, listener) => { listeners[event] = listeners[event]?.filter((one) => one !== listener); },
  };
  return model;
}

// ---- to life

async function vlLive(box) {
  const { lab, kind } = box.dataset;
  const data = new Promise((done) => { vlWaiting[lab] = done; });
  await Promise.all([vlViews[kind] ? null : vlLoad(`assets/${kind}.js`), vlLoad(`labs/${lab}.js`)]);
  const model = vlModel(await vlUnpacked(await data));
  box.hidden = false;
  vlViews[kind].render({ model, el: box });
  box.classList.add("alive");
  const note = box.nextElementSibling;
  if (note?.classList.contains("lab-note")) note.hidden = false;
  dispatchEvent(new Event("resize")); // what is too wide can be scrolled by keys
}

const vlNear = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    vlNear.unobserve(target);
    vlLive(target.querySelector(".lab")).catch((error) => console.error(error)); // the figure stays
  }
}, { rootMargin: VL_NEAR });
for (const box of document.querySelectorAll(".lab")) vlNear.observe(box.closest(".cell")); // hidden, the box has no place
