/** The metrics of this process. prom-client, 20 MB of memory, is loaded only where somebody wants them. */
import { METRICS, type MetricName, type Sample } from "./names.ts";

export type MetricRegistry = Awaited<ReturnType<typeof loadRegistry>>;

/** Of names that agents give, so many are told apart; the others are one. */
const MODELS = 50;

export async function loadRegistry() {
  const { default: prom } = await import("prom-client");
  const registry = new prom.Registry();
  const models = new Set<string>();
  const gauges = new Map<MetricName, InstanceType<typeof prom.Gauge>>();
  const counters = new Map<MetricName, InstanceType<typeof prom.Counter>>();
  const histograms = new Map<MetricName, InstanceType<typeof prom.Histogram>>();
  for (const [name, metric] of Object.entries(METRICS) as [MetricName, (typeof METRICS)[MetricName]][]) {
    const made = { name, help: metric.help, labelNames: [...metric.labels], registers: [registry] };
    if (metric.kind === "gauge") gauges.set(name, new prom.Gauge(made));
    else if (metric.kind === "counter") counters.set(name, new prom.Counter(made));
    else histograms.set(name, new prom.Histogram({ ...made, buckets: [...metric.buckets] }));
  }

  function bounded(labels: Sample["labels"]): Sample["labels"] {
    if (labels.model === undefined || models.has(labels.model)) return labels;
    if (models.size >= MODELS) return { ...labels, model: "other" };
    models.add(labels.model);
    return labels;
  }

  /** What is counted stays; gauges are as they were found last. */
  function take(samples: readonly Sample[]): void {
    for (const { name, labels, value } of samples) {
      gauges.get(name)?.set(labels, value);
      counters.get(name)?.inc(bounded(labels), value);
      histograms.get(name)?.observe(bounded(labels), value);
    }
  }

  /** An agent may not be there any more, and what is not known now is not nothing. */
  function forgetGauges(): void {
    for (const [name, gauge] of gauges) {
      gauge.reset();
      if (METRICS[name].labels.length === 0) gauge.remove(); // a reset one says 0
    }
  }

  return { take, forgetGauges, type: registry.contentType, text: () => registry.metrics() };
}
