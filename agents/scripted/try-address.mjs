/**
 * One connection that an agent should not get, tried on purpose where whoever runs it asks for that, so that one can see what
 * becomes of it. Only a proxy is ever asked: without one nothing would keep the request from arriving, so none is made.
 * By hand, because Node listens to `http_proxy` by itself from 24 on only.
 */
import { request } from "node:http";

const answerWithin = 10_000;

/** Orch's own refusal; `why` may go on in brackets. */
const refusal = /^Orch blocked the connection to \S+: (?<why>.+?)(?: \(.*)?\. Nothing inside this sandbox/;

/**
 * What came of asking for `address`, a whole http URL, as one sentence.
 * @param {string | undefined} proxy URL of the proxy that this environment names
 */
export async function tryAddress(address, proxy) {
  if (!proxy) return `I do not try ${address}: no sandbox is around me, so nothing here would stop it.`;
  const tried = `I tried ${address} on purpose:`;
  try {
    const { status, text } = await ask(address, new URL(proxy));
    const why = refusal.exec(text)?.groups?.why;
    if (status === 403 && why) return `${tried} blocked by Orch (${why}).`;
    return `${tried} it was not blocked by Orch, and the answer is ${status}.`;
  } catch (error) {
    return `${tried} the network proxy did not answer (${error.message}).`;
  }
}

/** Asks a proxy for a whole URL, as programs do that know of one. */
function ask(address, { hostname, port }) {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: hostname, port: port || 80, path: address, headers: { host: new URL(address).host }, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.once("error", reject);
        answer.once("end", () => resolve({ status: answer.statusCode, text }));
      },
    );
    asked.setTimeout(answerWithin, () => asked.destroy(new Error(`no answer within ${answerWithin / 1_000} s`)));
    asked.once("error", reject);
    asked.end();
  });
}
