import { expect, test } from "vitest";
import { exposures, ownPlaces } from "../../../workers/agents/readiness.ts";

const agent = (readable: string[]) => [
  { name: "curious", kind: "plain" as const, command: ["true"], env: {}, passEnv: [], readable },
];

test("no agent is shown the folder in which bot and worker host meet", () => {
  const places = ownPlaces({ BOT_URL: "unix:///srv/meeting/" }, "/var/lib/orch");
  expect(exposures(agent(["/srv"]), places)).toEqual([
    expect.stringMatching(/under readable would show the agent the bot's sockets \(\/srv\/meeting\).*move BOT_URL/),
  ]);
  expect(exposures(agent(["/srv/other"]), places)).toEqual([]);
  expect(ownPlaces({ BOT_URL: "https://bot.example.com" }, "/var/lib/orch")).toHaveLength(1);
});
