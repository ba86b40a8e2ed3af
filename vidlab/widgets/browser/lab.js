// A lab that asks the kernel: controls set `values`, the kernel answers with panels, limits and a status. What it has
// answered ahead is drawn at once, and the kernel hears of it when the hand rests.

const VL_AHEAD = { reach: 32, chunk: 8, bytes: 16e6, rest: 150, patience: 400 }; // places to each side, in one message; bytes kept; ms

// Answers by the values that they are for, the oldest dropped when there are too many. `next` gives the values to ask
// for: the nearest places of a slider first.
function vlAhead() {
  const answers = new Map();
  const size = (answer) => Object.values(answer.panels).reduce((sum, panel) => sum + (panel.data?.byteLength ?? 4000), 0);
  let bytes = 0, reach = VL_AHEAD.reach;
  const key = (values) => JSON.stringify(values, Object.keys(values).sort());
  return {
    key,
    get: (values) => answers.get(key(values)),
    keep(values, answer) {
      answers.set(key(values), answer);
      bytes += size(answer);
      for (const [old, answer] of answers) {
        if (bytes <= VL_AHEAD.bytes) break;
        bytes -= size(answer);
        answers.delete(old);
      }
      reach = Math.min(VL_AHEAD.reach, Math.floor(VL_AHEAD.bytes / (4 * size(answer)))); // never more than fit
    },
    next(controls, now, { name, min, max, step, element_of, disabled }) {
      const wanted = [];
      const look = (place) => {
        if (element_of || disabled || place < min || place > max || wanted.length === VL_AHEAD.chunk) return;
        const values = vlBrought(controls, now, { [name]: place });
        if (!answers.has(key(values))) wanted.push(values);
      };
      look(now[name]);
      for (let i = 1; i <= reach; i++) for (const away of [i, -i]) look(Number((now[name] + away * step).toFixed(vlDigits(step))));
      return wanted;
    },
  };
}

const vlShared = new WeakMap(); // for each lab what its views have in common: answers that came ahead, and what was asked

function render({ model, el }) {
  const root = vlRoot(el, model.get("title"));
  const store = model.get("palettes"); // one object for all views of a lab
  if (!vlShared.has(store)) vlShared.set(store, { ahead: vlAhead(), asked: null });
  const shared = vlShared.get(store), { ahead } = shared;
  let drawn = null; // the values that the panels are for, as text
  let slider = null, resting = null, waiting = null; // asked ahead for which slider; until the hand rests, or it takes long
  const set = (changes) => {
    const values = vlBrought(controls, model.get("values"), changes);
    model.set("values", values); // `follow` draws, in every view
    clearTimeout(resting);
    const asks = lookAhead(controls[Object.keys(changes)[0]]);
    if (!ahead.get(values) || asks) model.save_changes(); // what comes while the kernel is busy is merged into one message
    else resting = setTimeout(() => model.save_changes(), VL_AHEAD.rest);
  };
  const place = () => {
    const values = model.get("values");
    for (const [name, control] of Object.entries(controls)) if (name in values && control.value !== values[name]) control.value = values[name];
  };
  const follow = () => {
    const values = model.get("values");
    place();
    const answer = ahead.get(values);
    if (answer) draw(values, answer);
    clearTimeout(waiting);
    if (root.vlAnswered()) root.removeAttribute("data-waiting");
    else waiting = setTimeout(() => root.setAttribute("data-waiting", ""), VL_AHEAD.patience);
  };
  const controls = vlControls(root, model.get("controls"), (name, value) => set({ [name]: value }), model.get("palettes"));
  root.vlValues = () => model.get("values"); // for tests, as the next two
  root.vlAnswered = () => drawn === ahead.key(model.get("values"));
  root.vlAhead = () => slider !== null && !ahead.next(controls, model.get("values"), slider).length;
  const trail = []; // the values before each click that led elsewhere
  const back = vlButton(root, "← back", () => {
    set(trail.pop());
    if (trail.length) return;
    back.hidden = true;
    hold();
  });
  // Where a button goes that had the focus, the keys must not be lost with it.
  const hold = () => {
    const now = document.activeElement;
    if (!root.contains(now) || (back.hidden && back.contains(now))) (back.hidden ? root.querySelector(".vl-controls :is(input:checked, select)") : back.firstChild)?.focus();
  };
  back.hidden = true;
  const lead = (changes) => {
    const values = model.get("values");
    if (ahead.key({ ...values, ...changes }) === ahead.key(values)) return;
    trail.push(values);
    back.hidden = false;
    set(changes);
  };
  vlReset(root, () => {
    for (const control of Object.values(controls)) control.stop();
    trail.length = 0;
    back.hidden = true;
    set(model.get("start"));
  });
  const box = vlElement("div", { class: "vl-panels" });
  const status = vlElement("div", { class: "vl-status", role: "status" });
  root.append(status, box); // the words first: while a hand is at the controls, they stay in sight

  const shown = {};
  const show = (all) => {
    const palettes = model.get("palettes"), held = box.contains(document.activeElement);
    for (const name of Object.keys(shown)) if (!all[name] || all[name].kind !== shown[name].kind) { shown[name].box.remove(); delete shown[name]; }
    for (const [name, panel] of Object.entries(all)) {
      if (!shown[name]) { shown[name] = { kind: panel.kind, ...vlPanel(panel.kind, palettes, set, lead) }; box.append(shown[name].box); }
      if (shown[name].panel !== panel) { shown[name].panel = panel; shown[name].update(panel); }
    }
    const order = Object.keys(all).map((name) => shown[name].box);
    if (order.some((panel, i) => box.children[i] !== panel)) box.append(...order);
    if (held) hold();
  };
  const limit = (limits) => {
    for (const [name, changes] of Object.entries(limits)) controls[name]?.change(changes);
    place(); // what a limit of before had cut off
    const values = model.get("values");
    const clamped = {};
    for (const [name, control] of Object.entries(controls)) if (name in values && control.value !== values[name] && control.spec.kind === "slider") clamped[name] = control.value;
    if (!Object.keys(clamped).length) return;
    if (drawn === ahead.key(values)) drawn = ahead.key({ ...values, ...clamped }); // for the answer they are the same
    model.set("values", { ...values, ...clamped }); // goes along with the next change
  };
  const draw = (values, { panels, limits, status: said }) => {
    drawn = ahead.key(values);
    show(panels);
    limit(limits ?? {});
    status.textContent = said;
    status.toggleAttribute("data-bad", said.startsWith("This setting does not work"));
    if (!root.vlAnswered()) return;
    clearTimeout(waiting);
    root.removeAttribute("data-waiting");
  };
  const answered = () => {
    if (drawn !== ahead.key(model.get("values"))) draw(model.get("answered"), { panels: model.get("panels"), limits: model.get("limits"), status: model.get("status") });
  };

  const lookAhead = (control) => {
    if (control?.spec.kind === "slider") slider = control.spec;
    const wanted = slider && !shared.asked ? ahead.next(controls, model.get("values"), slider) : [];
    if (!wanted.length) return false;
    shared.asked = { id: Math.random(), values: wanted };
    model.set("asked", shared.asked);
    return true;
  };
  const came = () => {
    const { id, answers } = model.get("ahead");
    if (id !== shared.asked?.id) return; // another view has taken it, or another page asked
    answers.forEach((answer, i) => ahead.keep(shared.asked.values[i], answer));
    shared.asked = null;
    if (answers.length && lookAhead()) model.save_changes();
  };
  for (const control of Object.values(controls)) for (const event of ["pointerenter", "focusin"]) {
    control.box.addEventListener(event, () => { if (lookAhead(control)) model.save_changes(); });
  }

  for (const [name, changes] of Object.entries(model.get("limits") ?? {})) controls[name]?.change(changes);
  place(); // before anything is drawn: after a reload the lab is where it was
  answered();
  const listeners = { "change:values": follow, "change:answered": answered, "change:ahead": came };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  const forget = vlSayWhenGone(model, root, true);
  // The first message of a comm waits for the running cell, later ones do not: let it not be the first touch.
  model.set("asked", { id: Math.random(), values: [] });
  model.save_changes();
  return () => {
    clearTimeout(waiting);
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    for (const control of Object.values(controls)) control.stop();
    clearTimeout(resting);
    forget();
  };
}

export default { render };
