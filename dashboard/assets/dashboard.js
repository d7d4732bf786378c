/**
 * What pages do besides being read: they take news from the bot and show it without moving anything that somebody holds: the focus, a selection, a
 * field that is being written in. Pages work without it; nothing on them moves then, and they say of when they are.
 */

/** @typedef {{ id: string, total: number, order: string[], rows: Record<string, string> }} RegionNews */
/** @typedef {{ at: number, regions?: RegionNews[], blocks?: { id: string, html: string }[] }} News */

const SILENT_MS = 15_000;
const HIDDEN_MS = 10_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 20_000];

const view = document.body.dataset.view;
const live = document.getElementById("live");
const announcer = document.getElementById("announce");
const title = document.title;

/* Times. */

/** The bot's clock, less this one's: ages are told by the bot's. */
let ahead = Number(live?.dataset.at ?? Date.now()) - Date.now();
const now = () => Date.now() + ahead;

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
  return hours % 24 === 0 ? `${hours / 24}d` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** @param {HTMLTimeElement} time */
function ageOf(time) {
  const at = Date.parse(time.dateTime);
  if (time.dataset.age === "for") return duration(now() - at);
  if (time.dataset.age === "ago") return `${duration(now() - at)} ago`;
  return at >= now() ? `in ${duration(at - now())}` : `${duration(now() - at)} overdue`;
}

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");
/** @param {Date} date */
const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
/** @param {Date} date */
const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** @param {ParentNode} root */
function tellTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const text = time.dataset.age ? ageOf(time) : clockOf(time);
    // Writing the same text again would take a selection away.
    if (text !== undefined && time.textContent !== text) time.textContent = text;
  }
}

/** By the viewer's own time zone. @param {HTMLTimeElement} time */
function clockOf(time) {
  const date = new Date(time.dateTime);
  if (time.dataset.clock === "time") return clock(date);
  return time.dataset.clock === "moment" ? `${day(date)} ${clock(date).slice(0, 5)}` : undefined;
}

/* What somebody holds. */

/** @param {Element} element */
function holdsSelection(element) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return false;
  return selection.getRangeAt(0).intersectsNode(element);
}

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

/** Where the focus is, to be found again in what comes instead. @param {Element} element */
function focusIn(element) {
  const active = document.activeElement;
  if (!active || !element.contains(active)) return undefined;
  const nth = [...element.querySelectorAll(FOCUSABLE)].indexOf(active);
  const range = isField(active) ? [active.selectionStart, active.selectionEnd] : undefined;
  return { id: active.id, nth, range };
}

/** @param {Element} element @returns {element is HTMLInputElement | HTMLTextAreaElement} */
const isField = (element) => element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;

/** @param {Element} element @param {ReturnType<typeof focusIn>} held */
function focusAgain(element, held) {
  if (!held) return;
  const all = [...element.querySelectorAll(FOCUSABLE)];
  const found = (held.id && all.find((each) => each.id === held.id)) || all[held.nth] || all[0];
  if (!(found instanceof HTMLElement || found instanceof SVGElement)) return;
  found.focus({ preventScroll: true });
  if (held.range && isField(found)) found.setSelectionRange(held.range[0] ?? 0, held.range[1] ?? 0);
}

/** What was written, and what was opened or shut. @param {Element} was @param {Element} is */
function keepEntries(was, is) {
  for (const field of was.querySelectorAll("input[id], textarea[id]")) {
    const same = is.querySelector(`#${CSS.escape(field.id)}`);
    if (isField(field) && same && isField(same) && field.value !== field.defaultValue) same.value = field.value;
  }
  const shut = [...was.querySelectorAll("details")];
  [...is.querySelectorAll("details")].forEach((details, nth) => {
    const before = shut[nth];
    if (before) details.open = before.open;
  });
}

/** Waiting until they can be replaced without taking a selection away, by id. @type {Map<string, string>} */
const held = new Map();

/** @param {Element} element @param {string} html */
function replace(element, html) {
  if (holdsSelection(element)) return void held.set(element.id, html);
  held.delete(element.id);
  const next = parsed(html);
  if (!next) return;
  const focus = focusIn(element);
  keepEntries(element, next);
  prepare(next);
  element.replaceWith(next);
  focusAgain(next, focus);
}

/** The bot escapes all that is not its own. @param {string} html */
function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Rows that many viewers share come without the token of this one. @param {Element} element */
function prepare(element) {
  const token = document.querySelector(".viewer input[name=token]");
  for (const field of element.querySelectorAll("input[name=token]"))
    if (field instanceof HTMLInputElement && token instanceof HTMLInputElement) field.value = token.value;
  tellTimes(element);
}

document.addEventListener("selectionchange", () => {
  for (const [id, html] of [...held]) {
    const element = document.getElementById(id);
    if (!element) held.delete(id);
    else if (!holdsSelection(element)) replace(element, html);
  }
});

/* News. */

/** @param {News} news */
function show({ at, regions = [], blocks = [] }) {
  ahead = at - Date.now();
  heard();
  for (const region of regions) showRegion(region);
  for (const { id, html } of blocks) {
    const element = document.getElementById(id);
    if (element) replace(element, html);
  }
}

/** @param {RegionNews} news */
function showRegion({ id, total, order, rows }) {
  const list = document.getElementById(id);
  if (!list) return;
  const wanted = new Set(order);
  const before = new Set([...list.children].map((row) => row.getAttribute("data-key") ?? ""));
  for (const row of [...list.children]) if (!wanted.has(row.getAttribute("data-key") ?? "")) leave(row);
  for (const key of order) {
    const html = rows[key];
    const row = document.getElementById(`row-${key}`);
    if (html !== undefined && row && list.contains(row)) replace(row, html);
    else if (html !== undefined) enter(list, html, before.size > 0);
  }
  inOrder(list, order);
  counts(id, total, order.length);
  if (id === "needs") announce(order, before, total);
}

/** The focus goes to a neighbour, not to the top of the page. @param {Element} row */
function leave(row) {
  const hadFocus = row.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  held.delete(row.id);
  row.remove();
  if (hadFocus && next) mainLink(next)?.focus({ preventScroll: true });
}

/** @param {Element} list @param {string} html @param {boolean} isNews */
function enter(list, html, isNews) {
  const row = parsed(html);
  if (!row) return;
  // It has come from another list.
  document.getElementById(row.id)?.remove();
  prepare(row);
  if (isNews) row.classList.add("is-new");
  list.append(row);
}

/** Moves only what is out of order: what is moved loses its focus. @param {Element} list @param {string[]} order */
function inOrder(list, order) {
  let at = list.firstElementChild;
  for (const key of order) {
    const row = document.getElementById(`row-${key}`);
    if (!row || row.parentElement !== list) continue;
    if (row === at) at = at.nextElementSibling;
    else {
      const focus = focusIn(row);
      list.insertBefore(row, at);
      focusAgain(row, focus);
    }
  }
}

/** @param {string} id @param {number} total @param {number} shown */
function counts(id, total, shown) {
  for (const each of document.querySelectorAll(`[data-total="${id}"]`)) each.textContent = String(total);
  for (const each of document.querySelectorAll(`[data-some="${id}"]`)) each.toggleAttribute("hidden", total === 0);
  for (const each of document.querySelectorAll(`[data-none="${id}"]`)) each.toggleAttribute("hidden", total > 0);
  for (const each of document.querySelectorAll(`[data-more="${id}"]`)) {
    each.toggleAttribute("hidden", total <= shown);
    const number = each.querySelector("span");
    if (number) number.textContent = String(total - shown);
  }
}

let isFirst = true;

/** Only what needs somebody is told aloud. @param {string[]} order @param {Set<string>} before @param {number} total */
function announce(order, before, total) {
  document.title = total > 0 ? `(${total}) ${title.replace(/^\(\d+\) /, "")}` : title.replace(/^\(\d+\) /, "");
  const fresh = order.filter((key) => !before.has(key));
  if (!isFirst && announcer && fresh.length > 0) {
    const words = fresh.slice(0, 3).map((key) => {
      const row = document.getElementById(`row-${key}`);
      const part = (/** @type {string} */ which) => row?.querySelector(which)?.textContent?.trim() ?? "";
      return `${part(".task-title")} ${part(".badge")}`;
    });
    announcer.textContent = `Needs you: ${words.join("; ")}`;
  }
  isFirst = false;
}

/* The stream. */

/** @type {EventSource | undefined} */
let source;
let lastHeard = 0;
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;

function heard() {
  lastHeard = Date.now();
  failures = 0;
  isOut = false;
  say("live");
}

const WORDS = { live: "live", stale: "stale since", out: "signed out, as of" };

/** @param {keyof typeof WORDS} how */
function say(how) {
  if (!live) return;
  live.classList.toggle("is-live", how === "live");
  live.classList.toggle("is-stale", how !== "live");
  const word = live.querySelector(".live-word");
  const time = live.querySelector("time");
  const signIn = live.querySelector("a");
  if (word) word.textContent = WORDS[how];
  if (time && how === "live") time.dateTime = new Date(now()).toISOString();
  if (signIn) {
    signIn.hidden = how !== "out";
    signIn.href = `/login?${new URLSearchParams({ to: location.pathname + location.search })}`;
  }
  tellTimes(live);
}

let isOut = false;

/** A stream that was refused does not say why; another request does. */
async function lookWhetherIn() {
  const { status } = await fetch("/events");
  if (status !== 401) return;
  isOut = true;
  clearTimeout(again);
  say("out");
  if (announcer) announcer.textContent = "You are signed out.";
}

function open() {
  if (view === undefined || source) return;
  clearTimeout(again);
  source = new EventSource(`/events?view=${encodeURIComponent(view)}`);
  source.addEventListener("news", (event) => show(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    const isRefused = source?.readyState === EventSource.CLOSED;
    if (!isOut) say("stale");
    // Where the browser gives up by itself, or it never said anything.
    close();
    again = setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
    // One that cannot be asked is away, which is what the page says.
    if (isRefused) lookWhetherIn().catch(() => undefined);
  });
}

function close() {
  source?.close();
  source = undefined;
}

/** A browser opens few connections to one place: tabs that nobody sees leave theirs to others. @type {ReturnType<typeof setTimeout> | undefined} */
let hiding;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(close, HIDDEN_MS);
  else open();
});
addEventListener("pagehide", close);
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll(".deed button")) button.removeAttribute("disabled");
  open();
});

setInterval(() => {
  if (document.hidden) return;
  if (!isOut && lastHeard > 0 && Date.now() - lastHeard > SILENT_MS) {
    say("stale");
    if (source) {
      close();
      open();
    }
  }
  tellTimes(document);
}, 1_000);

/* Keys. */

/** @param {Element} row @returns {HTMLElement | null} */
const mainLink = (row) => row.querySelector(".task-link, a[href]");

/** @param {number} step */
function move(step) {
  const links = [...document.querySelectorAll("tr[data-key], [data-row]")].flatMap((row) => mainLink(row) ?? []);
  const visible = links.filter((link) => link.getClientRects().length > 0);
  const active = document.activeElement?.closest("tr[data-key], [data-row]");
  const at = active ? visible.findIndex((link) => active.contains(link)) : -1;
  const next = visible[at === -1 ? (step > 0 ? 0 : visible.length - 1) : at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target instanceof Element && target.closest("input, textarea, select, [contenteditable]")) {
    if (key === "Escape" && target instanceof HTMLElement) target.blur();
    return;
  }
  if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
  else if (key === "/") document.getElementById("search")?.focus();
  else return;
  event.preventDefault();
});

/* Deeds. */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  const question = form.dataset.confirm;
  if (question !== undefined && !confirm(question)) return void event.preventDefault();
  // Twice is once for the bot as well; but whoever waits should see that it is on its way.
  for (const button of form.querySelectorAll("button")) button.disabled = true;
});

tellTimes(document);
open();
