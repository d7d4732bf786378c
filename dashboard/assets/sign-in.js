// @ts-check
/** Sends the code of a one-time link by itself. A page that a browser only prepares, should somebody go there, waits until somebody does. */

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("by-link"));
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("code"));

function send() {
  const code = location.hash.slice(1);
  if (!form || !field || !/^[\w-]{43}$/.test(code)) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = code;
  form.requestSubmit();
}

if ("prerendering" in document && document.prerendering) {
  document.addEventListener("prerenderingchange", send, { once: true });
} else {
  send();
}
addEventListener("hashchange", send);
