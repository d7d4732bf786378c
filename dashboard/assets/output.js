/**
 * Shows what the programs of a task print, as it comes. Colours are all that is obeyed of it, and it becomes text nodes, never HTML. The page
 * stays small however long it is open: what is far above goes, and can be had again.
 */

/** Nodes of one step's log, and characters; more while the reader looks at what is above. */
const MAX_NODES = 1_500;
const MAX_CHARACTERS = 1_000_000;
const WHILE_READING = 3;
const AGAIN_MS = 3_000;
/** So near to the end counts as at it, in pixels. */
const NEAR = 8;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the one sequence that the server lets through
const STYLE = /\u001b\[([0-9;]{0,16})m/;

for (const section of document.querySelectorAll("[data-output]")) showOutput(/** @type {HTMLElement} */ (section));

/** @param {HTMLElement} section */
function showOutput(section) {
  const { output: url = "", run: only } = section.dataset;
  const [tabs, logs, state, button, earlier] = ["tabs", "logs", "state", "follow", "earlier"].map((part) => {
    const found = section.querySelector(`.output-${part}`);
    if (!(found instanceof HTMLElement)) throw new Error(`the page has no .output-${part}`);
    return found;
  });

  /** @type {Map<string, ReturnType<typeof makeLog>>} */
  const steps = new Map();
  /** Where the stream stands: what it is asked for when it is opened again. @type {{ run: number, step: string, to: number } | undefined} */
  let at;
  /** @type {EventSource | undefined} */
  let source;
  let run = 0;
  let shown = "";
  let isFollowing = true;
  let isOver = false;
  let isOnLast = true;
  let isOnScreen = true;
  let again = 0;
  let frame = 0;

  /** @param {string} words */
  const say = (words) => {
    state.textContent = words;
  };

  function open() {
    clearTimeout(again);
    if (source || isOver || !isFollowing || !isOnScreen || document.hidden) return;
    const query = new URLSearchParams(only ? { run: only } : {});
    if (at)
      for (const [name, value] of Object.entries({ run: at.run, step: at.step, from: at.to }))
        query.set(name, String(value));
    source = new EventSource(`${url}/follow?${query}`);
    source.addEventListener("open", () => say("Live"));
    source.addEventListener("steps", (event) => onSteps(JSON.parse(event.data)));
    source.addEventListener("output", (event) => onOutput(JSON.parse(event.data)));
    source.addEventListener("gap", (event) => onGap(JSON.parse(event.data)));
    source.addEventListener("silent", () => say("The worker host of this run does not answer; trying again"));
    source.addEventListener("over", () => {
      isOver = true;
      close();
      say("Over");
      button.hidden = true;
    });
    source.addEventListener("error", () => {
      say(`Connection lost at ${new Date().toLocaleTimeString()}; trying again`);
      if (source?.readyState !== EventSource.CLOSED) return; // the browser itself comes back, with its last place
      close();
      again = setTimeout(open, AGAIN_MS);
    });
  }

  function close() {
    source?.close();
    source = undefined;
  }

  /** @param {{ run: number, steps: string[] }} news */
  function onSteps(news) {
    if (news.run !== run) forget(news.run);
    for (const step of news.steps) if (!steps.has(step)) add(step);
    if (source?.readyState === EventSource.OPEN) say("Live");
  }

  /** @param {{ run: number, step: string, from: number, to: number, text: string }} printed */
  function onOutput(printed) {
    if (printed.run !== run) forget(printed.run);
    const log = steps.get(printed.step) ?? add(printed.step);
    at = printed;
    log.append(printed);
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  /** @param {{ run: number, step: string }} news */
  function onGap(news) {
    if (news.run !== run) forget(news.run);
    (steps.get(news.step) ?? add(news.step)).leaveOut();
  }

  function draw() {
    frame = 0;
    for (const log of steps.values()) log.draw();
    showEarlier();
  }

  /** @param {number} next */
  function forget(next) {
    run = next;
    steps.clear();
    tabs.replaceChildren();
    logs.replaceChildren();
    shown = "";
    isOnLast = true;
    at = undefined;
  }

  /** @param {string} step */
  function add(step) {
    for (const each of steps.values()) each.setLast(false);
    const tab = document.createElement("button");
    tab.type = "button";
    tab.role = "tab";
    tab.textContent = step;
    const log = makeLog(step);
    log.setLast(true);
    const id = `output-${steps.size}`;
    log.pre.id = id;
    tab.setAttribute("aria-controls", id);
    tab.addEventListener("click", () => choose(step));
    steps.set(step, log);
    tabs.append(tab);
    logs.append(log.pre);
    // Who has chosen an earlier step stays there.
    if (isOnLast) show(step);
    else mark();
    return log;
  }

  /** @param {string} step */
  function choose(step) {
    isOnLast = steps.get(step)?.isLast() ?? true;
    show(step);
  }

  /** @param {string} step */
  function show(step) {
    shown = step;
    mark();
    const log = steps.get(step);
    // A step of before is read when somebody wants to see it.
    if (log?.isEmpty() && !log.isLast()) void load({ step });
    showEarlier();
  }

  function mark() {
    for (const tab of tabs.children) {
      const isShown = tab.textContent === shown;
      tab.setAttribute("aria-selected", String(isShown));
      tab.setAttribute("tabindex", isShown ? "0" : "-1");
    }
    for (const [step, { pre }] of steps) pre.hidden = step !== shown;
  }

  const showEarlier = () => {
    earlier.hidden = !((steps.get(shown)?.first() ?? 0) > 0);
  };

  /** What stands before what is shown, or the end of a step of which nothing is. @param {{ step: string, until?: number }} wanted */
  async function load({ step, until }) {
    const query = new URLSearchParams({ run: String(run), step, ...(until !== undefined && { until: String(until) }) });
    const answer = await fetch(`${url}?${query}`).catch(() => undefined);
    const from = Number(answer?.headers.get("orch-from") ?? Number.NaN);
    if (!answer?.ok || Number.isNaN(from)) return say("That cannot be had now");
    steps.get(step)?.prepend(from, await answer.text());
    showEarlier();
  }

  button.addEventListener("click", () => {
    isFollowing = !isFollowing;
    button.setAttribute("aria-pressed", String(isFollowing));
    button.textContent = isFollowing ? "Pause" : "Go on";
    if (isFollowing) open();
    else close();
    if (!isFollowing) say("Paused");
  });
  earlier.addEventListener("click", () => {
    const log = steps.get(shown);
    if (log) void load({ step: shown, until: log.first() });
  });
  tabs.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...tabs.children];
    const next = by === undefined ? undefined : all[all.findIndex(({ textContent }) => textContent === shown) + by];
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    choose(next.textContent ?? "");
    next.focus();
  });
  const onSight = () => {
    if (document.hidden || !isOnScreen) close();
    else open();
  };
  document.addEventListener("visibilitychange", onSight);
  new IntersectionObserver((entries) => {
    isOnScreen = entries.at(-1)?.isIntersecting ?? true;
    onSight();
  }).observe(section);
  open();
}

/** @param {string} step */
function makeLog(step) {
  const pre = document.createElement("pre");
  pre.className = "output-log";
  pre.setAttribute("role", "log");
  // Read aloud, it would never end.
  pre.setAttribute("aria-live", "off");
  pre.setAttribute("aria-label", step);
  pre.tabIndex = 0;
  pre.hidden = true;
  /** @type {{ from: number, text: string, isGap: boolean }[]} */
  let waiting = [];
  /** @type {{ element: HTMLElement, from: number, nodes: number, characters: number }[]} */
  const pieces = [];
  const write = makeWriter();
  let isLast = false;
  let first = 0;

  const isAtEnd = () => pre.scrollTop + pre.clientHeight >= pre.scrollHeight - NEAR;

  /** @param {number} from @param {string} text @param {ReturnType<typeof makeWriter>} writer */
  function pieceOf(from, text, writer) {
    const element = document.createElement("span");
    const nodes = writer(element, text);
    return { element, from, nodes, characters: text.length };
  }

  function cut(/** @type {number} */ times) {
    let [nodes, characters] = [0, 0];
    for (const piece of pieces) [nodes, characters] = [nodes + piece.nodes, characters + piece.characters];
    while (pieces.length > 1 && (nodes > times * MAX_NODES || characters > times * MAX_CHARACTERS)) {
      const gone = pieces.shift();
      if (!gone) return;
      gone.element.remove();
      nodes -= gone.nodes;
      characters -= gone.characters;
      first = pieces[0]?.from ?? 0;
    }
  }

  return {
    pre,
    first: () => first,
    isEmpty: () => pieces.length === 0 && waiting.length === 0,
    isLast: () => isLast,
    setLast(/** @type {boolean} */ value) {
      isLast = value;
    },
    /** @param {{ from: number, text: string }} printed */
    append: ({ from, text }) => void waiting.push({ from, text, isGap: false }),
    leaveOut: () => void (pieces.length + waiting.length > 0 && waiting.push({ from: 0, text: "", isGap: true })),
    draw() {
      if (waiting.length === 0) return;
      const wasAtEnd = isAtEnd();
      const made = document.createDocumentFragment();
      for (const { from, text, isGap } of waiting) {
        // Before what was left out there is nothing that one could go on from.
        if (isGap) {
          for (const { element } of pieces.splice(0)) element.remove();
          made.replaceChildren(leftOut());
          continue;
        }
        const piece = pieceOf(from, text, write);
        if (pieces.length === 0) first = from;
        pieces.push(piece);
        made.append(piece.element);
      }
      waiting = [];
      pre.append(made);
      cut(wasAtEnd ? 1 : WHILE_READING);
      if (wasAtEnd) pre.scrollTop = pre.scrollHeight;
    },
    /** @param {number} from @param {string} text */
    prepend(from, text) {
      const isFirst = pieces.length === 0;
      const piece = pieceOf(from, text, makeWriter());
      const below = pre.scrollHeight - pre.scrollTop;
      pieces.unshift(piece);
      pre.querySelector(".output-gap")?.remove();
      pre.prepend(piece.element);
      first = from;
      pre.scrollTop = isFirst ? pre.scrollHeight : pre.scrollHeight - below;
    },
  };
}

function leftOut() {
  const note = document.createElement("span");
  note.className = "output-gap";
  note.textContent = "… earlier output is left out here\n";
  return note;
}

/** Writes text with its colours as nodes; a colour holds until another one comes. */
function makeWriter() {
  let style = { bold: false, dim: false, italic: false, underlined: false, ink: "", paper: "" };

  const classes = () =>
    [
      ...["bold", "dim", "italic", "underlined"].filter((name) => style[/** @type {"bold"} */ (name)]),
      ...(style.ink ? [`ink-${style.ink}`] : []),
      ...(style.paper ? [`paper-${style.paper}`] : []),
    ].join(" ");

  /** @param {number[]} codes */
  function obey(codes) {
    for (let nth = 0; nth < codes.length; nth++) {
      const code = codes[nth] ?? 0;
      if (code === 0) style = { bold: false, dim: false, italic: false, underlined: false, ink: "", paper: "" };
      else if (code === 1) style.bold = true;
      else if (code === 2) style.dim = true;
      else if (code === 3) style.italic = true;
      else if (code === 4) style.underlined = true;
      else if (code === 22) style.bold = style.dim = false;
      else if (code === 23) style.italic = false;
      else if (code === 24) style.underlined = false;
      else if (code >= 30 && code <= 37) style.ink = String(code - 30);
      else if (code >= 90 && code <= 97) style.ink = String(code - 90);
      else if (code === 39) style.ink = "";
      else if (code >= 40 && code <= 47) style.paper = String(code - 40);
      else if (code >= 100 && code <= 107) style.paper = String(code - 100);
      else if (code === 49) style.paper = "";
      // One of 256 colours, or of all: left as it is.
      else if (code === 38 || code === 48) nth += codes[nth + 1] === 5 ? 2 : 4;
    }
  }

  /** How many nodes that took. @param {HTMLElement} into @param {string} text */
  return (into, text) => {
    let nodes = 1;
    for (const [nth, part] of text.split(STYLE).entries()) {
      if (nth % 2 === 1) obey(part.split(";").map(Number));
      else if (part !== "") {
        const name = classes();
        const words = document.createTextNode(part);
        nodes += name === "" ? 1 : 2;
        if (name === "") into.append(words);
        else {
          const span = document.createElement("span");
          span.className = name;
          span.append(words);
          into.append(span);
        }
      }
    }
    return nodes;
  };
}
