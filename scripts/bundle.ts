/**
 * Each program that lives long, the bot and the worker host, as one file: `node scripts/bundle.ts FOLDER`. Node keeps more
 * than 10 kB for every module that it has loaded, used or not, and with their libraries the two load over a thousand: as one file
 * each, without what nobody calls, they take 26 MB less together (measured). The promise: such a file does what the modules
 * do and needs none of them; what it starts or reads by its path stays where it is.
 */
import { mkdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";

const PROGRAMS = ["src/main", "workers/main"];

/**
 * Only modules can be left out, not parts of CommonJS: BullMQ has both. Of it we use the Redis half, and none of its files does
 * anything when it is loaded: without this its SQL for Postgres alone stands twice in the memory of each program, 0.5 MB.
 */
const LEAVES_OUT = {
  resolve: { mainFields: ["module", "main"] },
  treeshake: { moduleSideEffects: [{ test: /\/node_modules\/bullmq\//, sideEffects: false }] },
};

/** Without a way back to their files, which are elsewhere, libraries of CommonJS get this file's. */
const OF_THIS_FILE = "const { filename: __filename, dirname: __dirname } = import.meta;";

type Programs = {
  /** The folder that they are in, and how their names end. */
  root: string;
  ending: "ts" | "js";
  /** The folder below which each gets its file, by the same name. It may be `root`. */
  outDir: string;
  outEnding: "mjs" | "js";
};

export async function bundlePrograms({ root, ending, outDir, outEnding }: Programs): Promise<void> {
  for (const program of PROGRAMS) {
    const file = join(outDir, `${program}.${outEnding}`);
    mkdirSync(dirname(file), { recursive: true });
    const code = await bundle(join(realpathSync(root), `${program}.${ending}`), realpathSync(dirname(file)));
    // Whole or not at all: another start may read it.
    writeFileSync(`${file}.${process.pid}`, code);
    renameSync(`${file}.${process.pid}`, file);
  }
}

async function bundle(input: string, outDir: string): Promise<string> {
  const plugins = [staysWhereItWas(outDir)];
  const all = await rolldown({ input, platform: "node", logLevel: "silent", plugins, ...LEAVES_OUT });
  try {
    const shape = { format: "esm", codeSplitting: false, charset: "ascii", comments: false } as const;
    const { output } = await all.generate({ ...shape, banner: OF_THIS_FILE });
    return asOneByteEach(output[0].code);
  } finally {
    await all.close();
  }
}

/**
 * V8 keeps a byte for each character, and two for each as soon as a single one needs them: 4 MB a program. What the bundler does
 * not escape itself stands in tagged templates. The words of one stay the same; nobody asks for its raw text.
 */
function asOneByteEach(code: string): string {
  const changed = /\braw`[^`]*[^\0-\x7f]/.exec(code);
  if (changed) throw new Error(`this template is taken raw, and must be ASCII: ${changed[0]}`);
  // Each half of a surrogate pair by itself, as JavaScript writes them.
  return code.replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Each module keeps its own `import.meta.url`, by which it finds the files beside it. */
function staysWhereItWas(outDir: string): Plugin {
  return {
    name: "stays-where-it-was",
    transform(code, id) {
      if (!code.includes("import.meta.url") || id.startsWith("\0")) return undefined;
      const path = JSON.stringify(relative(outDir, id));
      return code.replaceAll("import.meta.url", `new URL(${path}, import.meta.url).href`);
    },
  };
}

if (import.meta.main) {
  const [outDir = ""] = process.argv.slice(2);
  const root = fileURLToPath(new URL("..", import.meta.url));
  await bundlePrograms({ root, ending: "ts", outDir, outEnding: "mjs" });
}
