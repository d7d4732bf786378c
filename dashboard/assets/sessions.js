/**
 * Keeps the wall of sessions up to date while somebody looks at it: hidden, it hears nothing and costs nothing. What is selected or has the focus stays
 * so where its own box has not changed.
 */
const wall = /** @type {HTMLElement} */ (document.getElementById("wall"));
const address = wall.dataset.lines ?? "";
const nothingHere = wall.querySelector(".nothing")?.cloneNode(true);

/** @type {EventSource | undefined} */
let stream;

function follow() {
  if (document.hidden) {
    stream?.close();
    stream = undefined;
    return;
  }
  if (stream) return;
  stream = new EventSource(address);
  stream.addEventListener("wall", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("error", () => tell("stale", "no news since"));
}

/** @param {{ at: number, order: string[], sessions: Record<string, string> }} news */
function show({ at, order, sessions }) {
  tell("on", "live", at);
  for (const box of [...wall.children]) if (!order.includes(box.id.replace(/^session-/, ""))) box.remove();
  order.forEach((id, index) => {
    const box = boxOf(id, sessions[id]);
    if (box && wall.children[index] !== box) wall.insertBefore(box, wall.children[index] ?? null);
  });
  if (order.length === 0 && nothingHere) wall.append(nothingHere);
}

/** @param {string} id @param {string | undefined} text */
function boxOf(id, text) {
  const known = document.getElementById(`session-${id}`);
  if (text === undefined) return known;
  const template = document.createElement("template");
  template.innerHTML = text;
  const box = /** @type {HTMLElement | null} */ (template.content.firstElementChild);
  if (!box || !known) return box;
  const focused = known.contains(document.activeElement) ? document.activeElement?.id : undefined;
  known.replaceWith(box);
  if (focused) document.getElementById(focused)?.focus();
  return box;
}

/** @param {string} state @param {string} words @param {number} [at] */
function tell(state, words, at) {
  const live = document.getElementById("live");
  if (!live) return;
  live.dataset.state = state;
  const word = live.querySelector(".live-word");
  if (word) word.textContent = words;
  const time = live.querySelector("time");
  if (time && at !== undefined) time.textContent = new Date(at).toLocaleTimeString();
}

document.addEventListener("visibilitychange", follow);
follow();
