// A lab that asks the kernel: controls set `values`, the kernel answers with panels, limits and a status.

function render({ model, el }) {
  const root = vlRoot(el, model.get("title"));
  const set = (changes) => {
    const values = vlBrought(controls, model.get("values"), changes);
    for (const [name, control] of Object.entries(controls)) if (name in values && control.value !== values[name]) control.value = values[name];
    model.set("values", values);
    model.save_changes(); // what comes while the kernel is busy is merged into one message
  };
  const controls = vlControls(root, model.get("controls"), (name, value) => set({ [name]: value }));
  root.vlValues = () => model.get("values"); // for tests
  const box = vlElement("div", { class: "vl-panels" });
  const status = vlElement("div", { class: "vl-status", role: "status" });
  root.append(box, status);

  const shown = {};
  const panels = () => {
    const all = model.get("panels");
    const palettes = model.get("palettes");
    for (const name of Object.keys(shown)) if (!all[name] || all[name].kind !== shown[name].kind) { shown[name].box.remove(); delete shown[name]; }
    for (const [name, panel] of Object.entries(all)) {
      if (!shown[name]) { shown[name] = { kind: panel.kind, ...vlPanel(panel.kind, palettes, set) }; box.append(shown[name].box); }
      if (shown[name].panel !== panel) { shown[name].panel = panel; shown[name].update(panel); }
    }
    const order = Object.keys(all).map((name) => shown[name].box);
    if (order.some((panel, i) => box.children[i] !== panel)) box.append(...order);
  };
  const limits = () => {
    for (const [name, changes] of Object.entries(model.get("limits"))) controls[name]?.change(changes);
    const values = model.get("values");
    const clamped = {};
    for (const [name, control] of Object.entries(controls)) if (name in values && control.value !== values[name] && control.spec.kind === "slider") clamped[name] = control.value;
    if (Object.keys(clamped).length) model.set("values", { ...values, ...clamped }); // goes along with the next change
  };
  const say = () => {
    status.textContent = model.get("status");
    status.toggleAttribute("data-bad", status.textContent.startsWith("This setting does not work"));
  };
  const values = () => { for (const [name, value] of Object.entries(model.get("values"))) if (controls[name] && controls[name].value !== value) controls[name].value = value; };
  panels(); limits(); say();
  const listeners = { "change:panels": panels, "change:limits": limits, "change:status": say };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  const forget = vlSayWhenGone(model, root, true);
  values();
  return () => {
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    for (const control of Object.values(controls)) control.stop();
    forget();
  };
}

export default { render };
