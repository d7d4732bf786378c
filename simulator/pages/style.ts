/** The look of the pages: one sheet, light and dark by the reader's setting, no font or image to load. */

export const style = `
:root { color-scheme: light dark; --back: #f6f8fa; --card: #fff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0;
  --link: #0969da; --head: #25292e; --soft: #f0f3f6; --add: #dafbe1; --del: #ffebe9; --hunk: #ddf4ff;
  --green: #1a7f37; --red: #cf222e; --amber: #9a6700; --violet: #8250df; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --card: #151b23; --ink: #f0f6fc; --quiet: #9198a1;
  --line: #3d444d; --link: #4493f8; --head: #010409; --soft: #212830; --add: #12361f; --del: #41191c; --hunk: #12283f;
  --green: #3fb950; --red: #f85149; --amber: #d29922; --violet: #ab7df8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre, .no, textarea { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .87em; }
.top { background: var(--head); color: #fff; }
.top div { display: flex; gap: .6em; align-items: baseline; padding-top: .8em; padding-bottom: .8em; }
.top a { color: #fff; font-weight: 600; } .top small { margin-left: auto; color: #9ea7b3; }
.wide { max-width: 62rem; margin: 0 auto; padding: 0 1.2rem; } main.wide { padding-top: 1.4rem; padding-bottom: 4rem; }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 0 0 .3em; font-weight: 600; } h1 .quiet { font-weight: 300; }
h2 { font-size: 1.05rem; margin: 1.8em 0 .6em; } .quiet { color: var(--quiet); }
.meta { color: var(--quiet); margin-bottom: 1.2em; display: flex; flex-wrap: wrap; gap: .5em; align-items: center; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin-bottom: 1rem; }
.row { padding: .6em 1em; border-top: 1px solid var(--line); display: flex; gap: .7em; align-items: baseline; flex-wrap: wrap; }
.row:first-child { border-top: 0; } .row .quiet:last-child { margin-left: auto; } .row strong a { color: var(--ink); }
.pill { border-radius: 2em; padding: .18em .75em; font-size: .82rem; font-weight: 600; color: #fff; background: var(--quiet); white-space: nowrap; }
.open, .success { background: #1f883d; } .merged { background: #8250df; } .closed { background: #8250df; } .failure, .timed_out { background: #cf222e; }
.in_progress, .queued { background: #9a6700; } .tag { border: 1px solid var(--line); border-radius: 2em; padding: .05em .65em; font-size: .8rem; white-space: nowrap; }
.tag svg { margin-right: .35em; }
.comment { display: flex; gap: .8rem; margin-bottom: 1.1rem; } .comment > .card { flex: 1; min-width: 0; margin: 0; }
.comment header { background: var(--soft); border-bottom: 1px solid var(--line); padding: .5em 1em; display: flex; flex-wrap: wrap; gap: .5em; align-items: baseline; font-size: .92em; }
.face { flex: none; width: 2.4rem; height: 2.4rem; border-radius: 50%; color: #fff; font-weight: 600; display: grid; place-items: center; }
.face.bot { border-radius: 8px; } .hue0 { background: #0969da; } .hue1 { background: #1a7f37; } .hue2 { background: #9a6700; } .hue3 { background: #bc4c00; }
.hue4 { background: #8250df; } .hue5 { background: #bf3989; } .hue6 { background: #1b7c83; } .hue7 { background: #57606a; }
.card > pre { margin: 0; background: none; white-space: pre-wrap; } .top small.on { color: #7ee787; } .body { padding: .9em 1em; } .reactions { padding: 0 1em .8em; display: flex; gap: .4em; } .reactions span { border: 1px solid var(--line); border-radius: 2em; padding: .05em .6em; background: var(--soft); }
.markdown > :first-child { margin-top: 0; } .markdown > :last-child { margin-bottom: 0; } .markdown { overflow-wrap: anywhere; }
.markdown code { background: var(--soft); padding: .15em .4em; border-radius: 5px; } pre { background: var(--soft); padding: .8em 1em; border-radius: 6px; overflow-x: auto; line-height: 1.45; }
.markdown pre code { background: none; padding: 0; } .markdown blockquote { margin: 0 0 1em; padding: 0 1em; color: var(--quiet); border-left: .25em solid var(--line); }
.markdown table { border-collapse: collapse; margin: 0 0 1em; display: block; overflow-x: auto; } .markdown th, .markdown td { border: 1px solid var(--line); padding: .3em .8em; }
.markdown tr:nth-child(2n) { background: var(--soft); } th.right, td.right { text-align: right; } th.center, td.center { text-align: center; } th.left { text-align: left; }
.markdown hr { border: 0; border-top: 1px solid var(--line); } .markdown ul, .markdown ol { padding-left: 1.8em; } li.task { list-style: none; margin-left: -1.3em; } summary { cursor: pointer; }
.markdown h2, .markdown h3, .markdown h4 { margin: 1.1em 0 .5em; line-height: 1.3; } .markdown h2 { font-size: 1.25em; } .markdown h3 { font-size: 1.12em; } .markdown h4 { font-size: 1em; }
.write { padding: 1em; } .write label { display: flex; gap: .5em; align-items: center; margin-bottom: .7em; } textarea { width: 100%; min-height: 6.5em; padding: .7em; font-size: .95em; }
textarea, select, input, button { border: 1px solid var(--line); border-radius: 6px; background: var(--back); color: inherit; } select, input { padding: .3em .5em; font: inherit; } .write label:last-child { margin: 0; flex-wrap: wrap; }
button { background: #1f883d; color: #fff; font: inherit; font-weight: 600; padding: .4em 1.1em; cursor: pointer; border-color: transparent; } .write p { display: flex; margin: .7em 0 0; align-items: center; gap: 1em; } .write button { margin-left: auto; }
.file { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin-bottom: 1rem; overflow: hidden; } .file > summary { background: var(--soft); padding: .5em 1em; } .scroll { overflow-x: auto; }
.diff { border-collapse: collapse; width: 100%; font: .84rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; } .diff td { padding: 0 .8em; white-space: pre; } .diff td.no { color: var(--quiet); text-align: right; width: 1%; user-select: none; }
.add { background: var(--add); } .del { background: var(--del); } .hunk { background: var(--hunk); color: var(--quiet); } pre .add, pre .del, pre .hunk { display: inline-block; min-width: 100%; }
.plus { color: var(--green); } .minus { color: var(--red); } nav { display: flex; gap: 1.2em; margin: 0 0 1.2em; border-bottom: 1px solid var(--line); padding-bottom: .6em; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.4rem; } @media (max-width: 48rem) { .two { grid-template-columns: 1fr; } }
`;
