// The camera, for the recorder and the live view: off until a press, a light while it is on, clear words when there is none.

const VL_CAMERA = { video: { width: { ideal: 320 }, height: { ideal: 240 }, frameRate: { ideal: 25 } }, audio: false };

// What a failure to open the camera means, and what to do.
function vlCameraWords(error) {
  const words = {
    insecure: "This page is not secure, and browsers give the camera to secure pages only. Open JupyterLab at http://127.0.0.1 or http://localhost on this computer, or over https.",
    unsupported: "This browser does not give pages a camera. Take a newer Firefox, Chrome, Edge or Safari.",
    NotAllowedError: "The browser was not allowed to use the camera. Click on the camera or the lock beside the page's address, allow it, and press again.",
    NotFoundError: "No camera was found. Plug one in and press again, or add files instead.",
    NotReadableError: "The camera is there, but does not answer: another program may be using it. Close that program and press again.",
  };
  const same = { SecurityError: "NotAllowedError", PermissionDeniedError: "NotAllowedError", OverconstrainedError: "NotFoundError", DevicesNotFoundError: "NotFoundError", AbortError: "NotReadableError", TrackStartError: "NotReadableError" };
  const name = error?.name ?? String(error);
  return words[same[name] ?? name] ?? `The camera cannot be used: ${error?.message || name}.`;
}

async function vlOpenCamera() {
  if (!globalThis.isSecureContext) throw { name: "insecure" };
  if (!navigator.mediaDevices?.getUserMedia) throw { name: "unsupported" };
  return navigator.mediaDevices.getUserMedia(VL_CAMERA);
}

// A button, a light and a picture. `changed(on)` is called when the camera has gone on or off, `say(text, bad)` with words.
function vlCamera(changed, say) {
  const button = vlElement("button", { type: "button", "aria-pressed": "false", text: "camera on" });
  const light = vlElement("span", { class: "vl-light", text: "○ camera off" });
  const video = vlElement("video", { "aria-label": "what the camera sees", playsinline: true });
  video.muted = true;
  let stream = null, opening = 0;
  const made = { button, light, video, get on() { return stream !== null; }, get stream() { return stream; }, off, show, mirror };
  function show(text) { // while something is filmed, the light says so
    light.textContent = text ?? (stream ? "● camera on" : "○ camera off");
    light.toggleAttribute("data-on", stream !== null);
    light.toggleAttribute("data-filming", Boolean(text));
  }
  function mirror(on) { // the picture on the page; what is taken of it is as the camera sees it
    video.toggleAttribute("data-mirrored", on);
    video.setAttribute("aria-label", `what the camera sees${on ? ", mirrored" : ""}`);
  }
  function off() {
    opening++; // a camera that is being opened is closed again as soon as it answers
    const had = stream !== null;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    button.setAttribute("aria-pressed", "false");
    button.textContent = "camera on";
    show();
    if (had) changed(false);
  }
  button.addEventListener("click", async () => {
    if (stream) { off(); say("The camera is off."); return; }
    const mine = ++opening;
    say("The browser may ask whether this page may use the camera.");
    try {
      const opened = await vlOpenCamera();
      if (mine !== opening) { opened.getTracks().forEach((track) => track.stop()); return; }
      stream = opened;
      stream.getTracks().forEach((track) => track.addEventListener("ended", () => { if (stream === opened) { off(); say("The camera was taken away: it was unplugged, or the permission was taken back.", true); } }));
      video.srcObject = stream;
      video.play().catch(() => {}); // it ends when the first picture comes: not waited for
    } catch (error) {
      if (mine === opening) say(vlCameraWords(error), true);
      return;
    }
    button.setAttribute("aria-pressed", "true");
    button.textContent = "camera off";
    show();
    say("The camera is on. Nothing is filmed yet.");
    changed(true);
  });
  return made;
}
