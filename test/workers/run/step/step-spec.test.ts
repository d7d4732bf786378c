/** Whatever an agent's own settings say, its programs are told of the one way out, and its sandbox sees that way's folder. */
import { describe, expect, test } from "vitest";
import { OUTLET_INSIDE, PROXY_VARIABLES } from "../../../../workers/network/bridge.ts";
import { homeOf } from "../../../../workers/run/ground.ts";
import { confinementOf, stepEnvironment } from "../../../../workers/run/step/confinement.ts";
import { agentSpec, commandSpec } from "../../../../workers/run/step/step-spec.ts";
import { bwrapDriver } from "../../../../workers/sandbox/bwrap.ts";
import { DEFAULT_LIMITS } from "../../../../workers/sandbox/confinement.ts";
import { runBesideNetwork } from "../../support/run-beside-network.ts";

const PROXY = "http://127.0.0.1:17128";
const NAMES = ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "NODE_USE_ENV_PROXY"];
const agentInput = { name: "agent-1", promptFile: "/prompt.md" } as const;

/** A driver that only builds the command line; none of these programs is run. */
const bwrap = bwrapDriver({
  programs: {
    bwrap: "bwrap",
    setpriv: "setpriv",
    nice: "nice",
    prlimit: "prlimit",
    tcpserver: "tcpserver",
    socat: "socat",
  },
  etc: [],
  first: { mount: [], running: (command, before = "") => ["first", before, ...command] },
  limits: DEFAULT_LIMITS,
  hostUid: 1000,
});

describe("the environment of a step", () => {
  test.each(NAMES)("names the proxy by %s, though the agent's own settings say otherwise", (name) => {
    const { shared, run, ground } = runBesideNetwork();
    const own = Object.fromEntries(NAMES.map((each) => [each, "the agent's own"]));
    expect(stepEnvironment(shared, run, ground, own)[name]).toBe(PROXY_VARIABLES[name]);
    expect(PROXY_VARIABLES[name]).toBe(
      name.startsWith("NODE") ? "1" : /^no/i.test(name) ? "localhost,127.0.0.1,::1" : PROXY,
    );
  });

  test("is the agent's own beside that, except for its home, and a check has none of it", () => {
    const { shared, run, ground } = runBesideNetwork();
    const home = homeOf(ground.workspace);
    const { id } = run.task.spec;
    const agent = agentSpec(shared, run, ground, agentInput).env;
    expect(agent).toMatchObject({ ...PROXY_VARIABLES, GIVEN: "yes", HOME: home, ORCH_TASK: id, ORCH_RUN: id });
    const verify = commandSpec(shared, run, ground, "verify-1").env;
    expect(verify).toMatchObject({ ...PROXY_VARIABLES, HOME: home, ORCH_RUN: id });
    expect(verify).not.toHaveProperty("GIVEN");
  });

  test("is what the agent's own settings say where nothing confines the network", () => {
    const { shared, run, ground } = runBesideNetwork({ sandbox: "none" });
    const { env } = agentSpec(shared, run, ground, agentInput);
    expect(env).toMatchObject({ http_proxy: "http://elsewhere:1", no_proxy: "*" });
    expect(env).not.toHaveProperty("https_proxy");
  });
});

describe("the sandbox of a step", () => {
  test.each(["agent-1", "verify-1"] as const)(
    "of %s sees its own outlet's folder, read-only, and no file of it alone",
    (name) => {
      const { shared, run, ground, network, outlet } = runBesideNetwork();
      const withBwrap = { ...shared, driver: bwrap };
      const { command } =
        name === "agent-1" ? agentSpec(withBwrap, run, ground, agentInput) : commandSpec(withBwrap, run, ground, name);
      const at = command.indexOf(OUTLET_INSIDE);
      expect(command.slice(at - 2, at + 1)).toEqual(["--ro-bind", network.mountPoint(outlet(name)), OUTLET_INSIDE]);
      expect(command.filter((word) => word.startsWith(network.mountPoint(outlet(name))))).toHaveLength(1);
      expect(command).toContain("--unshare-net");
      expect(command.join("\n")).toContain(`127.0.0.1 ${name === "agent-1" ? 4010 : 4020} `);
    },
  );

  test("has no way out when the host's own programs run in the workspace", () => {
    const { run, ground } = runBesideNetwork();
    const confinement = confinementOf(run, ground);
    expect(confinement).not.toHaveProperty("outlet");
    for (const name of NAMES) expect(confinement.env).not.toHaveProperty(name);
    expect(bwrap.wrap({ ...confinement, user: { slot: 0 } }, ["/bin/true"])).not.toContain(OUTLET_INSIDE);
  });
});
