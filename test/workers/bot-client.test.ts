import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { makeBotClient } from "../../workers/bot-client.ts";

const GRANT = {
  token: "t",
  expiresAt: "2030-01-01T00:00:00Z",
  cloneUrl: "https://github.example/a/b.git",
  bot: { login: "orch[bot]", id: 1 },
};

async function askBot(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, "listening");
  const client = makeBotClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "secret");
  return client.token({ taskId: "t", epoch: 1 }, "fetch", new AbortController().signal);
}

test("a bot that dies in the middle of its answer is asked again", async () => {
  let asked = 0;
  const granted = await askBot((_request, response) => {
    asked += 1;
    if (asked > 1) return void response.end(JSON.stringify(GRANT));
    response.writeHead(200, { "content-length": 1_000 });
    response.write('{"token":', () => response.destroy());
  });
  expect([granted, asked]).toEqual([GRANT, 2]);
});

test("an answer without an end is not kept", async () => {
  const chunk = " ".repeat(1024 * 1024);
  let sent = 0;
  const granted = askBot((_request, response) => {
    const more = () => {
      sent += 1;
      if (!response.destroyed) response.write(chunk, more);
    };
    more();
  });
  await expect(granted).rejects.toThrow("says more than the bot ever does");
  expect(sent).toBeLessThan(100);
});

test("a redirect is not followed with the host's secret: the bot is asked again where it was", async () => {
  const asked: (string | undefined)[] = [];
  const granted = await askBot((request, response) => {
    asked.push(request.url);
    if (asked.length > 1) return void response.end(JSON.stringify(GRANT));
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  expect([granted, asked]).toEqual([GRANT, ["/workers/tokens", "/workers/tokens"]]);
});

test("whoever no longer wants the answer is told so at once", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, "listening");
  const client = makeBotClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "secret");
  const controller = new AbortController();
  const granted = client.token({ taskId: "t", epoch: 1 }, "fetch", controller.signal);
  await once(server, "request");
  controller.abort(new Error("the run is over"));
  await expect(granted).rejects.toThrow("the run is over");
});
