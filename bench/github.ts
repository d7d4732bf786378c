/** What a task costs of GitHub's limits, while nobody talks to it. */
import type { Benchmark, Options, Report } from "./bench.ts";
import { median, round } from "./statistics.ts";
import type { Spent } from "./system/github.ts";
import { startSystem } from "./system/system.ts";

/** Commits and says nothing. */
const AGENT = 'cat >/dev/null; date +%N >done.txt; git add done.txt; git commit -qm "Do it"';
const MOST = { requests: 16, texts: 4 };

export const github: Benchmark = {
  name: "github",
  title: "what a task that nobody talks to asks and writes of GitHub",
  rounds: 5,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const system = await startSystem({ agent: ["/bin/sh", "-c", AGENT], slots: 1 });
  try {
    const repository = await system.github.create({ name: "quiet", files: 10 });
    const costs: Spent[] = [];
    for (let turn = 0; turn <= rounds; turn++) {
      say(`task ${turn + 1} of ${rounds + 1}`);
      const before = await system.github.spent(repository);
      const { taskId } = await system.command(repository);
      await system.until(taskId, ({ state }) => state.name === "settled");
      await system.quiet();
      costs.push(difference(await system.github.spent(repository), before));
    }
    return report(costs);
  } finally {
    await system.stop();
  }
}

function difference(after: Spent, before: Spent): Spent {
  const { requests, notModified, contentWrites } = after;
  return {
    requests: requests - before.requests,
    notModified: notModified - before.notModified,
    contentWrites: contentWrites - before.contentWrites,
  };
}

function report([first, ...later]: readonly Spent[]): Report {
  const middle = (what: keyof Spent) => median(later.map((spent) => spent[what]));
  const row = (name: string, what: keyof Spent) => [name, String(first?.[what] ?? 0), round(middle(what))];
  return {
    counted: [
      "Requests of the installation: REST, answered anything but 304. Tokens are the App's, fetch and push are git's.",
      "Texts: comments, pull requests and reviews, made or edited. Reactions, labels and checks are requests only.",
      "The first task of a repository finds out the bot's own name and makes five labels besides.",
    ],
    tables: [
      {
        title: "a task on an issue",
        rows: [
          ["", "the first", "a later one"],
          row("requests", "requests"),
          row("answered 304", "notModified"),
          row("texts", "contentWrites"),
        ],
      },
    ],
    figures: [
      { name: "requests", value: middle("requests"), unit: "", goal: { atMost: MOST.requests } },
      { name: "texts", value: middle("contentWrites"), unit: "", goal: { atMost: MOST.texts } },
    ],
  };
}
