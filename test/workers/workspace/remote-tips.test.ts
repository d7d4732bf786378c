import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openAccess } from "../../../workers/workspace/git-access.ts";
import { parseRefs, remoteTips } from "../../../workers/workspace/remote-tips.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const line = (text: string) => (Buffer.byteLength(text) + 4).toString(16).padStart(4, "0") + text;

test("branches are read with their commits, whatever alphabet their names are in", () => {
  const text = `${line(`${SHA} refs/heads/main\n`)}${line(`${SHA} refs/heads/größe/ä\n`)}0000`;
  expect(parseRefs(Buffer.from(text))).toEqual(
    new Map([
      ["main", SHA],
      ["größe/ä", SHA],
    ]),
  );
  expect(parseRefs(Buffer.from("0000"))).toEqual(new Map());
});

test.each([
  ["nothing", ""],
  ["no closing packet", line(`${SHA} refs/heads/main\n`)],
  ["a packet that is longer than the answer", `ffff${SHA} refs/heads/main\n0000`],
  ["a page", "<html>please log in</html>"],
  ["version 1", `001e# service=git-upload-pack\n0000${line(`${SHA} HEAD\n`)}0000`],
  ["an empty packet", "00040000"],
])("an answer that is %s is no answer", (_name, text) => {
  expect(parseRefs(Buffer.from(text))).toBeUndefined();
});

async function asking(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close().closeAllConnections());
  await new Promise((resolve) => server.once("listening", resolve));
  const cloneUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/octo-org/example.git`;
  return await openAccess({ cloneUrl, token: async () => "sesame" });
}

test.each([
  ["refuses", (_, response) => response.writeHead(403).end("no")],
  ["sends elsewhere", (_, response) => response.writeHead(302, { location: "/elsewhere" }).end()],
  ["sends a page", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("0000")],
  ["hangs up", (request) => request.socket.destroy()],
  [
    "never stops",
    (_, response) => {
      response.writeHead(200, { "content-type": "application/x-git-upload-pack-result" });
      const more = () => {
        while (response.write(line(`${SHA} refs/heads/main\n`).repeat(100)));
      };
      response.on("drain", more);
      more();
    },
  ],
] satisfies [string, RequestListener][])("a remote that %s is left to git", async (_name, listener) => {
  expect(await remoteTips(await asking(listener), ["main"])).toBeUndefined();
});

test("behind a proxy git is asked, which knows the way", async () => {
  let asked = false;
  const open = await asking((_, response) => {
    asked = true;
    response.end();
  });
  expect(await remoteTips({ ...open, env: { ...open.env, HTTPS_PROXY: "http://proxy.example:3128" } }, ["main"])).toBe(
    undefined,
  );
  expect(asked).toBe(false);
});
