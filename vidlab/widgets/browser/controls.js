// Native controls with labels, in a box that keeps their keys from JupyterLab's command mode.

// Ids must differ on a page, and each lab is a module of its own.
function vlId() { globalThis.vlControls = (globalThis.vlControls ?? 0) + 1; return `vl-${globalThis.vlControls}`; }

function vlElement(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") element.textContent = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

// The box of a whole lab: named for a screen reader, keys kept inside.
function vlRoot(el, title) {
  const root = vlElement("div", { class: "vl-live", role: "group", "aria-label": title, "data-lm-suppress-shortcuts": "true" });
  for (const event of ["keydown", "keyup", "keypress"]) {
    root.addEventListener(event, (e) => { if (!e.ctrlKey && !e.metaKey && !(e.shiftKey && e.key === "Enter")) e.stopPropagation(); });
  }
  el.append(root);
  return root;
}

// When the kernel has gone, say so, once. `needed`: without it the controls can do nothing more. The event comes when
// the line to the kernel is cut (the view was made while it stood).
function vlSayWhenGone(model, root, needed) {
  const gone = () => {
    if (root.querySelector(".vl-gone")) return;
    const rest = needed ? "Run this cell again to bring the lab back to life." : "The lab works on until the page is closed.";
    root.append(vlElement("p", { class: "vl-gone", role: "alert", text: `The kernel behind this lab has gone. ${rest}` }));
    if (needed) root.querySelectorAll("input, select, button").forEach((control) => { control.disabled = true; });
  };
  const dead = (_, status) => { if (status === "dead") gone(); };
  const kernel = model.widget_manager?.kernel; // shut down, its connection goes, and no event of the model's comes
  model.on("comm_live_update", gone);
  kernel?.disposed?.connect(gone);
  kernel?.statusChanged?.connect(dead);
  return () => {
    model.off("comm_live_update", gone);
    kernel?.disposed?.disconnect(gone);
    kernel?.statusChanged?.disconnect(dead);
  };
}

function vlDigits(step) { return Math.max(0, (String(step).split(".")[1] || "").length); }

// One control from its description (see slider, choice, strip, toggle, play in lab.py). Its `value` can be read and set,
// `limit` changes its description, and `changed(name, value)` is called at every change by the user.
function vlControl(spec, changed, controls, palettes) {
  const id = vlId();
  const box = vlElement("div", { class: "vl-control" });
  const label = vlElement("label", { for: id, text: spec.label });
  const made = { spec: { ...spec }, box, stop() {} };
  if (spec.kind === "slider") {
    const input = vlElement("input", { type: "range", id });
    const output = vlElement("output", { for: id });
    const show = () => { output.textContent = Number(input.value).toFixed(vlDigits(made.spec.step)); };
    box.append(label, input, output);
    input.addEventListener("input", () => { show(); changed(spec.name, Number(input.value)); });
    Object.defineProperty(made, "value", { get: () => Number(input.value), set: (v) => { input.value = v; show(); } });
    made.limit = () => {
      for (const key of ["min", "max", "step"]) input[key] = made.spec[key];
      input.disabled = Boolean(made.spec.disabled) || made.spec.min >= made.spec.max;
      show();
    };
  } else if (spec.kind === "choice") {
    const select = vlElement("select", { id });
    box.append(label, select);
    select.addEventListener("change", () => changed(spec.name, select.value));
    Object.defineProperty(made, "value", { get: () => select.value, set: (v) => { select.value = v; } });
    made.limit = () => {
      const before = select.value;
      if ([...select.options].map((o) => o.value).join("\n") !== made.spec.options.join("\n")) {
        select.replaceChildren(...made.spec.options.map((text) => vlElement("option", { value: text, text })));
        if (made.spec.options.includes(before)) select.value = before;
      }
      select.disabled = Boolean(made.spec.disabled);
    };
  } else if (spec.kind === "strip") {
    const group = vlElement("div", { class: "vl-strip", role: "radiogroup", "aria-label": spec.label });
    const items = spec.options.map((option, i) => {
      const input = vlElement("input", { type: "radio", name: id, value: option, "aria-label": `${option}, ${spec.notes[i]}` });
      input.addEventListener("change", () => { show(); changed(spec.name, option); });
      const canvas = vlElement("canvas", { "aria-hidden": "true", title: option });
      const [, inside, own] = option.match(/^(.* \/ )?(.*)$/); // the model that it lies in, and its own name, which may break at _
      const name = vlElement("span", {}, ...(inside ? [vlElement("small", { text: inside })] : []), ...own.split(/(?<=_)/).flatMap((part) => [part, vlElement("wbr")]));
      const item = vlElement("label", {}, input, canvas, name, vlElement("small", { text: spec.notes[i] }));
      group.append(item);
      return { input, canvas, item };
    });
    const chosen = () => items.find(({ input }) => input.checked);
    const show = () => { // the chosen one is in sight; the page stays where it is
      const { offsetLeft: left, offsetWidth } = chosen().item;
      if (left < group.scrollLeft || left + offsetWidth > group.scrollLeft + group.clientWidth) group.scrollLeft = left - (group.clientWidth - offsetWidth) / 2;
    };
    new ResizeObserver(show).observe(group);
    box.append(group);
    box.classList.add("vl-wide");
    Object.defineProperty(made, "value", { get: () => chosen().input.value, set: (v) => {
      for (const { input } of items) input.checked = input.value === v;
      show();
    } });
    made.limit = () => {
      for (const { input } of items) input.disabled = Boolean(made.spec.disabled);
      if (!made.spec.pictures) return;
      let from = 0;
      items.forEach(({ canvas }, i) => {
        const [height, width, channels] = spec.shapes[i], size = height * width * (channels ?? 1);
        vlDraw(canvas, vlBytes(made.spec.pictures).subarray(from, from + size), height, width, channels ? null : vlBytes(palettes[spec.colours[i]]));
        canvas.style.aspectRatio = `${width} / ${height}`;
        from += size;
      });
    };
    items[0].input.checked = true;
  } else if (spec.kind === "toggle") {
    const input = vlElement("input", { type: "checkbox", id });
    box.append(input, label);
    input.addEventListener("change", () => changed(spec.name, input.checked));
    Object.defineProperty(made, "value", { get: () => input.checked, set: (v) => { input.checked = Boolean(v); } });
    made.limit = () => { input.disabled = Boolean(made.spec.disabled); };
  } else if (spec.kind === "play") {
    const button = vlElement("button", { type: "button", id, "aria-pressed": "false", text: `▶ ${spec.label}` });
    let timer = null;
    made.stop = () => { clearInterval(timer); vlQuiet(button, false); timer = null; button.setAttribute("aria-pressed", "false"); button.textContent = `▶ ${spec.label}`; };
    button.addEventListener("click", () => {
      if (timer !== null) return made.stop();
      button.setAttribute("aria-pressed", "true");
      vlQuiet(button, true);
      button.textContent = "⏸ pause";
      timer = setInterval(() => {
        const over = controls[spec.over];
        const next = over.value + 1 > Number(over.spec.max) ? Number(over.spec.min) : over.value + 1;
        over.value = next;
        changed(spec.over, next);
      }, 1000 / spec.fps);
    });
    box.append(button);
    made.limit = () => {
      button.disabled = Boolean(made.spec.disabled);
      if (made.spec.hidden || made.spec.disabled) made.stop();
    };
  } else throw new Error(`a control of kind ${spec.kind}`);
  made.change = (changes) => {
    Object.assign(made.spec, changes);
    box.hidden = Boolean(made.spec.hidden);
    made.limit();
  };
  made.change({});
  if ("value" in spec) made.value = spec.value;
  return made;
}

// The values after some changes, with what these bring along: see `element_of`, `sets` and `reset_by` in lab.py.
function vlBrought(controls, before, changes) {
  const specs = Object.values(controls).map((control) => control.spec);
  let values = { ...before, ...changes };
  for (const { name, element_of: of } of specs) if (of && name in changes) changes = { ...changes, [of[0]]: values[of[0]].with(values[of[1]], changes[name]) };
  for (const { name, sets } of specs) if (sets && name in changes) changes = { ...changes, ...sets[changes[name]] };
  for (const { name, reset_by: back, options } of specs) if (back && !(name in changes) && back.some((other) => other in changes)) changes = { ...changes, [name]: options ? options[0] : false };
  values = { ...values, ...changes };
  for (const { name, element_of: of } of specs) if (of) values[name] = values[of[0]][values[of[1]]];
  return values;
}

// A button that brings everything back as it was at first.
function vlReset(root, reset) { vlButton(root, "reset", reset); }

function vlButton(root, text, pressed) {
  const button = vlElement("button", { type: "button", text });
  const box = vlElement("div", { class: "vl-control" }, button);
  button.addEventListener("click", pressed);
  root.querySelector(".vl-controls").append(box);
  return box;
}

// While something plays, a screen reader would read out every frame.
function vlQuiet(element, quiet) {
  element.closest(".vl-live")?.querySelector(".vl-status")?.setAttribute("aria-live", quiet ? "off" : "polite");
}

// All controls of a lab, by name, put into `root`.
function vlControls(root, specs, changed, palettes) {
  const controls = {};
  const box = vlElement("div", { class: "vl-controls" });
  for (const spec of specs) {
    controls[spec.name] = vlControl(spec, changed, controls, palettes);
    box.append(controls[spec.name].box);
  }
  root.append(box);
  return controls;
}
