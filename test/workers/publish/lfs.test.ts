/** Files that `.gitattributes` keep in Git LFS: nothing but a pointer that GitHub has the content for goes out. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { startRemote } from "../workspace/support.ts";
import { startRun } from "./support.ts";

const pointer = (content: string) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${createHash("sha256").update(content).digest("hex")}\nsize ${content.length}\n`;

const ATTRIBUTES = "*.png filter=lfs diff=lfs merge=lfs -text\n";
const FILES = {
  ".gitattributes": ATTRIBUTES,
  "art/.gitattributes": "*.psd filter=lfs\nraw/** -filter\n",
  "logo.png": pointer("logo"),
};
const commitAll = "git add -A; git commit -qm change";
const asked = async (script: string, files: Parameters<typeof startRemote>[0] = FILES) => {
  const run = await startRun({ remote: await startRemote(files) });
  run.agent(`${script}; ${commitAll}`);
  return run.gate();
};
const refusal = (words: string) => ({ ok: false, objections: [{ reason: expect.stringContaining(words) }] });

test("the content itself in the place of a pointer is not published, and the reason says so", async () => {
  expect(await asked("printf content > logo.png; mkdir -p art/x; printf y > art/x/a.psd")).toMatchObject({
    objections: [
      {
        reason:
          "`.gitattributes` keeps `art/x/a.psd`, `logo.png` in Git LFS, and the agent committed the content itself. Orch cannot upload files to Git LFS yet; please add that part yourself.",
        remedy: expect.stringContaining("take these files out of your change"),
      },
    ],
  });
});

test("an attribute that the agent's own configuration hides counts all the same", async () => {
  const hide = "git config core.attributesFile /dev/null; echo '*.png -filter' > ../repo.git/info/attributes";
  expect(await asked(`mkdir ../repo.git/info; ${hide}; printf content > new.png`)).toMatchObject(
    refusal("`new.png` in Git LFS"),
  );
});

test("a pointer to something that GitHub does not have is not published", async () => {
  const made = pointer("new").replaceAll("\n", "\\n");
  expect(await asked(`printf '${made}' > new.png`)).toMatchObject(
    refusal("pointers to files in Git LFS that GitHub does not have: `new.png`"),
  );
});

test.for([
  ["a pointer that moves", "git mv logo.png art.png"],
  ["a pointer that goes", "git rm -q logo.png"],
  ["an empty file", "touch empty.png"],
  ["a file that an inner .gitattributes excludes", "mkdir -p art/raw; printf y > art/raw/a.png"],
  ["another file", "printf x > other.txt"],
  ["a rule for files that are not there yet", "echo '*.bin filter=lfs' >> .gitattributes"],
] as const)("%s passes", async ([, script]) => {
  expect(await asked(script)).toMatchObject({ ok: true });
});

test("without LFS nothing is asked for", async () => {
  expect(await asked("printf x > a.png", { "README.md": "x\n" })).toMatchObject({ ok: true });
});
