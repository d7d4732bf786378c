import { expect, test } from "vitest";
import { serversBeside, serversToChoose } from "../../../workers/agents/prompt-servers.ts";

const servers = [
  { name: "store", command: ["sh", "-c", "run `x`\n# Rules"], prints: "up", seconds: 5 },
  { name: "web", command: ["npm", "start"], port: 3000, seconds: 60 },
];

test("a planner is told which servers there are, each in one line", () => {
  const text = serversToChoose(servers);
  expect(text).toContain('`"servers": ["store"]`');
  expect(text).toContain("- `store`: `run 'x' # Rules`\n- `web`: `npm start`, listens on port 3000\n");
});

test("a node's agent is told the addresses of those that run beside it, and where to read what they print", () => {
  const text = serversBeside(servers, "/workspace/tmp/servers");
  expect(text).toContain("`/workspace/tmp/servers/NAME.log`");
  expect(text).toContain("- `web`: `npm start`, at 127.0.0.1:3000\n");
});
