import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setDefaultCACertificates } from "node:tls";
import { promisify } from "node:util";
import { pino } from "pino";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { BotAddress } from "../../src/config.ts";
import { Refusal } from "../../src/refusal.ts";
import { makeBotClient, NotCurrent } from "../../workers/bot-client.ts";

const GRANT = {
  token: "t",
  expiresAt: "2030-01-01T00:00:00Z",
  cloneUrl: "https://github.example/a/b.git",
  bot: { login: "orch[bot]", id: 1 },
};
const give: RequestListener = (_request, response) => void response.end(JSON.stringify(GRANT));

let folder: string;
let told: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "orch-bots-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  told = [];
});

/** A bot's socket in the folder, and what was asked there. */
async function bot(name: string, answer: RequestListener) {
  const asked: { url?: string | undefined; authorization?: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    answer(request, response);
  }).listen(join(folder, `${name}.sock`));
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, "listening");
  return asked;
}

/** What a bot leaves behind that was killed. */
async function deadBot(name: string): Promise<void> {
  const server = createServer().listen(join(folder, `${name}.passing`));
  await once(server, "listening");
  await rename(join(folder, `${name}.passing`), join(folder, `${name}.sock`));
  server.close();
  await once(server, "close");
}

/** `onTold`: at each line of the log that says why it is asked again. */
function askFor(address: BotAddress, onTold: (why: string) => void = () => undefined, signal?: AbortSignal) {
  const write = (line: string) => {
    const { why } = JSON.parse(line) as { why: string };
    told.push(why);
    onTold(why);
  };
  const client = makeBotClient(address, "secret", pino({ level: "warn" }, { write }));
  return client.token({ taskId: "t", epoch: 1 }, "fetch", signal ?? new AbortController().signal);
}
const ask = (...[onTold, signal]: [onTold?: (why: string) => void, signal?: AbortSignal]) =>
  askFor({ kind: "folder", folder }, onTold, signal);

describe("in the folder", () => {
  test("the bot is asked for what the run needs, with the secret", async () => {
    const asked = await bot("one", give);
    expect(await ask()).toEqual(GRANT);
    expect(asked).toEqual([{ url: "/workers/tokens", authorization: "Bearer secret" }]);
  });

  test("of two bots one is dead: the other answers", async () => {
    await deadBot("a");
    const asked = await bot("b", give);
    expect([await ask(), asked.length, told]).toEqual([GRANT, 1, []]);
  });

  test("of two bots one has lost its Redis: the other answers", async () => {
    const error = { code: "unavailable", message: "Redis does not answer." };
    await bot("a", (_request, response) => void response.writeHead(503).end(JSON.stringify({ error })));
    await bot("b", give);
    expect([await ask(), told]).toEqual([GRANT, []]);
  });

  test("a bot that comes later, by another name, is found", async () => {
    await deadBot("before");
    expect(await ask((why) => void (why.includes("ECONNREFUSED") && bot("after", give)))).toEqual(GRANT);
    expect(told).toHaveLength(1);
  });

  test("nobody is told the secret while others could have put a socket there", async () => {
    const asked = await bot("one", give);
    await chmod(folder, 0o755);
    const granted = ask((why) => {
      expect(why).toContain(`chmod 700 ${folder}`);
      expect(asked).toEqual([]);
      void chmod(folder, 0o700);
    });
    expect([await granted, asked.length]).toEqual([GRANT, 1]);
  });
});

test("a bot that dies in the middle of its answer is asked again", async () => {
  let asked = 0;
  await bot("one", (request, response) => {
    asked += 1;
    if (asked > 1) return give(request, response);
    response.writeHead(200, { "content-length": 1_000 });
    response.write('{"token":', () => response.destroy());
  });
  expect([await ask(), asked]).toEqual([GRANT, 2]);
});

test("an answer without an end is not kept, and no bot's: it is asked again", async () => {
  const chunk = " ".repeat(1024 * 1024);
  let sent = 0;
  let asked = 0;
  await bot("one", (request, response) => {
    asked += 1;
    if (asked > 1) return give(request, response);
    const more = () => {
      sent += 1;
      if (!response.destroyed) response.write(chunk, more);
    };
    more();
  });
  expect(await ask()).toEqual(GRANT);
  expect(told).toEqual(["what answers in the bot's place says more than the bot ever does"]);
  expect(sent).toBeLessThan(100);
});

test.each<[string, number, string]>([
  ["a proxy's page", 404, "<html>Not Found</html>"],
  ["a proxy's own JSON", 403, '{"error":{"code":403,"message":"Forbidden"}}'],
  ["a proxy that wants to know who asks", 401, ""],
  ["a gateway", 410, "gone"],
  ["a validator", 422, "{}"],
  ["a proxy's bad request", 400, "Bad Request"],
  ["a proxy that answers in the bot's words", 404, '{"error":{"code":"not_current","message":"Unknown path."}}'],
  ["a page in maintenance", 200, "<html>Back soon</html>"],
  ["a redirect", 302, ""],
])("%s (%i) is not the bot's last word: it is asked again", async (_what, status, text) => {
  let asked = 0;
  await bot("one", (request, response) => {
    asked += 1;
    if (asked > 1) return give(request, response);
    response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(text);
  });
  expect([await ask(), asked]).toEqual([GRANT, 2]);
  expect(told).toHaveLength(1);
});

test.each([
  ["permission_revoked", 403, Refusal],
  ["not_publishing", 403, Refusal],
  ["not_current", 409, NotCurrent],
  ["unauthorized", 401, Error],
])("the bot's own %s is its last word", async (code, status, kind) => {
  const error = { code, message: "The reason why." };
  await bot("one", (_request, response) => void response.writeHead(status).end(JSON.stringify({ error })));
  await expect(ask()).rejects.toBeInstanceOf(kind);
});

test("whoever asked may give up, and hears what stood in the way", async () => {
  const stopping = new AbortController();
  const given = ask(() => stopping.abort(new Error("enough")), stopping.signal);
  const message = `The worker host got no answer of use from the bot: no bot listens in ${folder}`;
  await expect(given).rejects.toMatchObject({ name: "StillFailing", message });
  expect(told).toEqual([`no bot listens in ${folder}`]);
});

test("a bot that says how long GitHub asks to wait is not asked before", async () => {
  const error = { code: "unavailable", message: "GitHub takes no more requests.", retryAfterMs: 600 };
  const asked: number[] = [];
  await bot("one", (request, response) => {
    if (asked.push(performance.now()) > 1) return give(request, response);
    response.writeHead(503).end(JSON.stringify({ error }));
  });
  expect(await ask()).toEqual(GRANT);
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(590);
});

describe("under an https address", () => {
  /** Certified by nobody but itself. */
  async function tlsBot(answer: RequestListener) {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, ...name];
    await promisify(execFile)("openssl", ["req", ...made]);
    const certificate = await readFile(cert, "utf8");
    let asked = 0;
    const server = createTlsServer({ key: await readFile(key), cert: certificate }, (request, response) => {
      asked += 1;
      answer(request, response);
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server, "listening");
    return { certificate, asked: () => asked, url: `https://localhost:${(server.address() as AddressInfo).port}/orch` };
  }

  test("the secret is told only to who proves to be it, whatever the environment says", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => setDefaultCACertificates([]));
    setDefaultCACertificates([]);
    let path: string | undefined;
    const { url, asked, certificate } = await tlsBot((request, response) => {
      path = request.url;
      give(request, response);
    });
    const granted = askFor({ kind: "https", url }, (why) => {
      expect(why).toContain("self-signed certificate");
      expect(asked()).toBe(0);
      setDefaultCACertificates([certificate]);
    });
    expect([await granted, asked(), path]).toEqual([GRANT, 1, "/orch/workers/tokens"]);
  });

  test("a proxy that says 404 for a while, as during a deployment, ends nothing", async () => {
    onTestFinished(() => setDefaultCACertificates([]));
    const { url, asked, certificate } = await tlsBot((request, response) => {
      if (asked() <= 3) return void response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found");
      give(request, response);
    });
    setDefaultCACertificates([certificate]);
    expect([await askFor({ kind: "https", url }), asked()]).toEqual([GRANT, 4]);
    expect(told).toEqual([expect.stringContaining("status 404")]);
  });
});
