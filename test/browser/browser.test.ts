import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, type TestBrowser } from "./browser.ts";

let browser: TestBrowser;
let server: Server;
let url: string;
beforeAll(async () => {
  browser = await openBrowser();
  const policy = "default-src 'none'; script-src 'self'";
  server = createServer((request, response) => {
    response.setHeader("content-security-policy", policy);
    if (request.url !== "/bad") return void response.end("<!doctype html><title>good</title>");
    response.end(
      "<!doctype html><title>bad</title><script>document.title = 'run'</script><img src='https://example.com/x.png'>",
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser.close();
  server.close();
});

test("a page that keeps to its policy has no complaints; one that does not has one for each breach", async () => {
  const good = await browser.look();
  await good.page.goto(`${url}/`);
  expect(good.complaints()).toEqual([]);

  const bad = await browser.look();
  await bad.page.goto(`${url}/bad`);
  expect(await bad.page.title()).toBe("bad");
  await expect.poll(() => bad.complaints()).toContainEqual(expect.stringMatching(/^policy: script-src/));
  expect(bad.complaints()).toContainEqual(expect.stringMatching(/^policy: img-src|^policy: default-src/));
});
