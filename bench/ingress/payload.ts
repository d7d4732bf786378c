/**
 * The text of an `issue_comment.created` delivery as GitHub sends it for an issue of usual length, about 14 kB: made by
 * the simulator, whose payloads are judged by GitHub's own schema.
 */
import { startSimulator } from "../../simulator/simulator.ts";

/** Stands in the template where the comment's id belongs: a number, so that the text stays JSON. */
export const PLACEHOLDER = "987654321987";

/**
 * `command`: a comment in plain words that asks for a task; `quoting`: the same below a quote, as "Quote reply" writes
 * it; `chatter`: one that does not concern us.
 */
export type Templates = { command: string; quoting: string; chatter: string };

const ISSUE_BODY = `${"The parser drops the last row of a file that does not end in a line break.\n".repeat(28)}
\`\`\`
${"    at parse (src/parser.ts:120:11)\n".repeat(20)}\`\`\``;
const CHATTER = "I can see it on my machine too. Since 2.1, I think.\n";
const QUOTE = "> The parser drops the last row of a file.\n> Does anybody else see it?\n\n";
const COMMAND = "\n/orch fix the failing tests\n";

export async function makeTemplates(): Promise<Templates> {
  const simulator = await startSimulator();
  try {
    const { login } = simulator.createUser("maintainer");
    const collaborators = { [login]: "admin" } as const;
    const files = { "README.md": "# Parser\n" };
    const repository = await simulator.createRepository({ owner: "octo-org", name: "parser", files, collaborators });
    const text = { as: login, title: "The last row is lost", body: ISSUE_BODY };
    const { number } = await simulator.openIssue(repository, text);
    // Nobody listens there; a delivery is logged only when it has somewhere to go.
    simulator.setWebhookUrl(`${simulator.url}/nowhere`);
    const template = async (body: string) => {
      const { id } = await simulator.comment(repository, number, body, { as: login });
      await simulator.idle();
      const payload = simulator.deliveries().at(-1)?.request.payload;
      if (!payload) throw new Error("the simulator logged no delivery");
      return JSON.stringify(payload).replaceAll(String(id), PLACEHOLDER);
    };
    return {
      command: await template(CHATTER + COMMAND),
      quoting: await template(QUOTE + CHATTER + COMMAND),
      chatter: await template(QUOTE + CHATTER),
    };
  } finally {
    await simulator.close();
  }
}
