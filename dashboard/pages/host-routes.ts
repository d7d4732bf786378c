/** The pages of worker hosts, for operators; kept up to date. */
import { hosts as hostsView } from "../../src/views/hosts.ts";
import type { DashboardDeps } from "../deps.ts";
import { html } from "../html.ts";
import { type Block, blocksFor } from "../rows/drawing.ts";
import type { LiveView } from "../rows/live.ts";
import type { DashboardRoute, Visit } from "../visit.ts";
import { hostBlocks, hostBody } from "./host.ts";
import { type FormedNow, type HostsView, hostsBlocks } from "./hosts.ts";
import { page } from "./layout.ts";

const styles = ["pages.css"];

type HostFacts = Parameters<typeof hostsView>[0] & { paused: { pause?: HostsView["pause"] } };

const blocksOfAll = (facts: HostFacts, formed: FormedNow): Block[] =>
  hostsBlocks({ hosts: hostsView(facts), pause: facts.paused.pause }, formed);

/** None where there is no such host. */
const blocksOfOne = (id: string | undefined, facts: HostFacts, formed: FormedNow): Block[] => {
  const host = hostsView(facts).find((each) => each.id === id);
  return host ? hostBlocks(host, formed) : [];
};

export const hostRoutes = ({ views }: Pick<DashboardDeps, "views">): DashboardRoute[] => [
  {
    method: "GET",
    path: "/hosts",
    operatorsOnly: true,
    answer: async (visit) => {
      const drawn = await drawnFor(visit, blocksOfAll(await views.around(), visit));
      const body = html`${[...drawn.values()]}`;
      return page({ title: "Worker hosts", visit, at: "/hosts", live: "hosts", styles, body });
    },
  },
  {
    method: "GET",
    path: "/hosts/:id",
    operatorsOnly: true,
    answer: async (visit) => {
      const around = await views.around();
      const host = around.hosts.find(({ id }) => id === visit.params.id);
      if (!host) return { kind: "nothing" };
      const drawn = await drawnFor(visit, blocksOfOne(host.id, around, visit));
      return page({ title: host.name, visit, at: "/hosts", live: `host:${host.id}`, styles, body: hostBody(drawn) });
    },
  },
];

const drawnFor = ({ rights }: Visit, blocks: readonly Block[]) => blocksFor(rights, { blocks });

const shared = (now: number): FormedNow => ({ formToken: "", now });

export const hostLive: readonly LiveView[] = [
  {
    name: "hosts",
    draw: async (_argument, facts) => ({
      operatorsOnly: true,
      regions: [],
      blocks: blocksOfAll(facts, shared(facts.now)),
    }),
  },
  {
    name: "host",
    draw: async (id, facts) => {
      const blocks = blocksOfOne(id, facts, shared(facts.now));
      return blocks.length === 0 ? undefined : { operatorsOnly: true, regions: [], blocks };
    },
  },
];
