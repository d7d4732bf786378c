import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ConfigError } from "../src/config.ts";
import { listen, PortInUseError } from "../src/listen.ts";

const host = "127.0.0.1";

function server(): Server {
  const made = createServer();
  onTestFinished(() => void made.close());
  return made;
}

/** A port that another program holds. */
async function heldPort() {
  const holder = server().listen(0, host);
  await once(holder, "listening");
  const free = async () => {
    holder.close();
    await once(holder, "close");
  };
  return { port: (holder.address() as AddressInfo).port, free };
}

test("a port in use is told of once, at once, and had as soon as it is free", async () => {
  const { port, free } = await heldPort();
  const told: string[] = [];
  const waiting = server();
  const toldBy: number[] = [];
  function* waits() {
    yield 1;
    toldBy.push(told.length);
    yield 1;
    void free();
    for (;;) yield 1;
  }
  await listen(waiting, { host, port }, { tell: (sentence) => told.push(sentence), waits: waits() });
  expect((waiting.address() as AddressInfo).port).toBe(port);
  expect(told).toEqual([expect.stringContaining(`PORT ${port} is in use on ${host}: stop the program that listens`)]);
  expect(toldBy).toEqual([1]);
});

test("a port that stays in use is given up with the next step, as something that another start may mend", async () => {
  const { port } = await heldPort();
  const given = listen(server(), { host, port }, { tell: () => undefined, waits: [1, 1] });
  const error = await given.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PortInUseError);
  expect(error).not.toBeInstanceOf(ConfigError);
  expect((error as Error).message).toContain("set PORT to a free one");
});

test("whoever stops meanwhile does not wait for the port", async () => {
  const { port } = await heldPort();
  const stopping = new AbortController();
  const tell = () => stopping.abort();
  const given = listen(server(), { host, port }, { tell, signal: stopping.signal, waits: [3_600_000] });
  await expect(given).rejects.toHaveProperty("name", "AbortError");
});

test("an address that this machine does not have is a matter of the settings", async () => {
  const given = listen(server(), { host: "192.0.2.1", port: 3000 }, { tell: () => undefined });
  await expect(given).rejects.toBeInstanceOf(ConfigError);
});

test("several programs that say so share a port; one that does not gets none of it", async () => {
  const [one, other, stranger] = [server(), server(), server()];
  const options = { tell: () => undefined, waits: [] };
  await listen(one, { host, port: 0, sharesPort: true }, options);
  const { port } = one.address() as AddressInfo;
  await listen(other, { host, port, sharesPort: true }, options);
  await expect(listen(stranger, { host, port }, options)).rejects.toThrow(PortInUseError);
});
