/** The page of a conversation. */
import { inboxOf } from "../../src/task/inbox.ts";
import type { Proposal } from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { bare } from "../../src/text/quote.ts";
import { conversation } from "../../src/views/conversation.ts";
import { messageViews } from "../../src/views/messages.ts";
import { questionView } from "../../src/views/question-view.ts";
import { why } from "../../src/views/why.ts";
import type { DashboardDeps } from "../deps.ts";
import { type Tier, tierOf } from "../rows/drawing.ts";
import type { DashboardRoute } from "../visit.ts";
import { type Asked, conversationBody } from "./conversation.ts";
import { page } from "./layout.ts";

type ConversationDeps = Pick<DashboardDeps, "store" | "views">;

/** Tasks that are shown, the newest. */
const MOST = 50;
/** Of what was said to one task. */
const MESSAGES = 30;

export const conversationRoutes = (deps: ConversationDeps): DashboardRoute[] => [
  {
    method: "GET",
    path: "/conversations/:repositoryId/:number",
    answer: async (visit) => {
      const [repositoryId, number] = [numberIn(visit.params.repositoryId), numberIn(visit.params.number)];
      const tasks = repositoryId && number ? await tasksOf(deps, repositoryId, number) : [];
      const newest = tasks.at(-1)?.spec;
      const tier = newest && (await tierOf(visit.rights, newest));
      if (!newest || !tier) return { kind: "nothing" };
      const { repository } = newest;
      const { spent, pullRequests } = conversation(tasks);
      const body = conversationBody(
        {
          repository: bare(`${repository.owner}/${repository.name}`, 140),
          number: newest.conversation,
          title: bare(tasks.find(({ spec }) => spec.number === newest.conversation)?.spec.title ?? newest.title, 200),
          asked: await askedOf(deps, tasks.slice(-MOST), tier),
          left: Math.max(0, tasks.length - MOST),
          spent,
          pulls: pullRequests.map((pull) => ({ number: pull.number, url: pull.url })),
          budget: tier === "write" ? await deps.views.budgetsOf(newest) : [],
        },
        tier,
        visit.now,
      );
      const title = `${repository.owner}/${repository.name}#${newest.conversation}`;
      return page({ title: bare(title, 160), visit, at: "/tasks", styles: ["pages.css"], body });
    },
  },
];

/** Undefined for what is no number of GitHub's, or of ours. */
const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** Oldest first. Whoever names a pull request that belongs to a conversation means that. */
async function tasksOf({ store }: ConversationDeps, repositoryId: number, number: number): Promise<Task[]> {
  const found = await store.readMany(await store.idsOfConversation(repositoryId, { conversation: number, number }));
  const conversation = found.at(-1)?.spec.conversation;
  if (conversation === undefined || conversation === number) return found;
  return await store.readMany(await store.idsOfConversation(repositoryId, { conversation, number }));
}

async function askedOf({ store, views }: ConversationDeps, tasks: readonly Task[], tier: Tier): Promise<Asked[]> {
  const around = await views.around();
  const teams = await views.teamsOf(tasks);
  return await Promise.all(
    tasks.map(async (task) => {
      const proposal = task.proposal && proposalOf(task.proposal);
      return {
        answer: why(task, { ...around, teams, tasks: [...around.tasks, ...tasks] }),
        questions: (task.questions ?? []).map(questionView),
        messages: tier === "write" ? await messagesOf(store, task) : [],
        hasPlan: teams.has(task.spec.id) || task.proposal?.plan !== undefined,
        ...(proposal && { proposal }),
      };
    }),
  );
}

/** What was said within a team stands on its plan's page. */
async function messagesOf(store: ConversationDeps["store"], task: Task) {
  if (task.spec.team) return [];
  const { book } = inboxOf(task.spec);
  const [sent, dead] = await Promise.all([store.messages.sent(book), store.messages.dead(book)]);
  return messageViews({ sent: sent.slice(-MESSAGES), dead, task });
}

function proposalOf({ name, said, decision }: Proposal): NonNullable<Asked["proposal"]> {
  const by = decision?.by && ` by ${bare(decision.by.login, 60)}`;
  const kinds = { approved: "approved", change: "another one was asked for", outdated: "outdated" };
  return {
    name: bare(name, 40),
    title: bare(said.title, 200),
    ...(decision && { decided: `${kinds[decision.kind]}${by ?? ""}` }),
  };
}
