import { describe, expect, test } from "vitest";
import { readDiff } from "../../../workers/run/diff-lines.ts";

const linesOf = (diff: string, path: string) => [...(readDiff(diff).get(path) ?? [])];

const DIFF = `diff --git a/src/add.js b/src/add.js
index 111..222 100644
--- a/src/add.js
+++ b/src/add.js
@@ -1,4 +1,5 @@
 one
-two
+zwei
+++ b/not-a-file.js
 three
 four
@@ -20,2 +21 @@ function last() {
 last
-gone
\\ No newline at end of file
diff --git a/old.js b/new name.js
similarity index 90%
rename from old.js
rename to new name.js
--- a/old.js
+++ b/new name.js\t
@@ -3 +3 @@
-x
+y
diff --git a/gone.js b/gone.js
deleted file mode 100644
--- a/gone.js
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
`;

describe("the lines that a pull request shows", () => {
  test("are those that it adds and those around them, as the file is then", () => {
    expect(linesOf(DIFF, "src/add.js")).toEqual([1, 2, 3, 4, 5, 21]);
  });

  test("are never taken for the name of a file, whatever stands in them", () => {
    expect([...readDiff(DIFF).keys()]).toEqual(["src/add.js", "new name.js"]);
  });

  test("are found in a file that was renamed", () => {
    expect(linesOf(DIFF, "new name.js")).toEqual([3]);
  });

  test("are none of what git quotes, of what is deleted, and of nothing", () => {
    expect(readDiff('--- a/x\n+++ "b/odd\\"name.js"\n@@ -0,0 +1 @@\n+x\n').size).toBe(0);
    expect(readDiff("").size).toBe(0);
  });
});
