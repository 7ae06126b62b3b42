/** The report's style sheet: light and dark, from 320 px up, no file beside it. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7fb; --card: #fff; --ink: #171b2c; --soft: #59607a; --line: #e1e4ef; --head: #f1f3f9;
  --accent: #4b4ade; --accent-soft: #e7e7fd; --good: #0d7a55; --good-soft: #dcf5ea;
  --warn: #955305; --warn-soft: #fdf0d8; --bad: #b3203d; --bad-soft: #fde6ea;
  --c0: #4b4ade; --c1: #0f93a8; --c2: #d9822b; --c3: #c2417c; --c4: #4f9d45; --c5: #8d6fd1; --c6: #7c8397;
  --shadow: 0 1px 2px rgb(20 24 50 / .05), 0 8px 24px -12px rgb(20 24 50 / .12);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1120; --card: #171b2e; --ink: #e9ebf6; --soft: #a1a8c2; --line: #2a3049; --head: #1d2238;
    --accent: #a3a2ff; --accent-soft: #2a2b59; --good: #62d6a6; --good-soft: #123c30;
    --warn: #f0b965; --warn-soft: #40300f; --bad: #ff8fa3; --bad-soft: #4a1a28;
    --c0: #8b8aff; --c1: #3cc0d4; --c2: #f0a456; --c3: #ec7fae; --c4: #86cf7c; --c5: #b9a0f2; --c6: #8f96ad;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99em; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 2; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
header { padding-top: clamp(1.75rem, 5vw, 3.5rem); }
.eyebrow { color: var(--accent); font-weight: 650; font-size: .8125rem; letter-spacing: .08em; text-transform: uppercase; margin: 0; }
h1 { font-size: clamp(1.75rem, 5vw, 2.6rem); line-height: 1.15; letter-spacing: -.02em; margin: .3rem 0 .5rem; overflow-wrap: anywhere; }
header p { color: var(--soft); margin: 0; max-width: 60rem; overflow-wrap: anywhere; }
nav { margin: 1.4rem 0 0; }
nav ul { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 0; }
nav a { display: block; padding: .3rem .8rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card); color: var(--ink); text-decoration: none; font-size: .875rem; }
nav a:hover { border-color: var(--accent); color: var(--accent); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: var(--shadow); padding: clamp(1.1rem, 3vw, 2rem); margin: 1.5rem 0; scroll-margin-top: 1rem; }
h2 { font-size: 1.3rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .35rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
.lead { color: var(--soft); margin: 0 0 1.1rem; max-width: 52rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.1rem 0 0; padding: 0; }
.card { border: 1px solid var(--line); border-radius: 12px; padding: .8rem 1rem; background: var(--page); min-width: 0; }
.card dt { color: var(--soft); font-size: .8125rem; }
.card dd { margin: 0; }
.card .figure { font-size: 1.6rem; font-weight: 680; letter-spacing: -.02em; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card .note { color: var(--soft); font-size: .8125rem; text-wrap: balance; }
.attention { list-style: none; margin: 1.25rem 0 0; padding: 0; display: grid; gap: .5rem; }
.attention li { display: flex; flex-wrap: wrap; gap: .7rem; align-items: baseline; padding: .6rem .85rem; border-radius: 10px; background: var(--page); border: 1px solid var(--line); }
.attention .pill { min-width: 6.75rem; text-align: center; }
.attention .pill + span { flex: 1 1 14rem; }
.pill { display: inline-block; flex: none; padding: .08rem .6rem; border-radius: 99px; font-size: .78rem; font-weight: 620; white-space: nowrap; background: var(--accent-soft); color: var(--accent); }
.pill.good { background: var(--good-soft); color: var(--good); }
.pill.warn { background: var(--warn-soft); color: var(--warn); }
.pill.bad { background: var(--bad-soft); color: var(--bad); }
.split { display: flex; height: .9rem; border-radius: 99px; overflow: hidden; gap: 2px; margin: .25rem 0 .75rem; }
.split span { min-width: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; margin: 0; padding: 0; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .45rem; }
.dot { width: .7rem; height: .7rem; border-radius: 3px; flex: none; }
.legend small, td small { color: var(--soft); font-size: .8125rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; padding: .55rem .85rem; vertical-align: top; }
thead th { background: var(--head); color: var(--soft); font-size: .8125rem; font-weight: 620; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
td { overflow-wrap: anywhere; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; font-size: .875em; }
.bar { display: block; height: 5px; border-radius: 9px; background: var(--line); margin: .35rem 0 0 auto; min-width: 5rem; max-width: 11rem; overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 9px; background: var(--c0); }
.bar.warn i { background: var(--c2); } .bar.bad i { background: var(--bad); }
.none { border: 1px dashed var(--line); border-radius: 12px; padding: 1rem; color: var(--soft); margin: 0; }
.none b { color: var(--good); }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--accent); font-size: .9375rem; padding: .3rem 0; }
.places { list-style: none; margin: 0; padding: 0; display: grid; gap: .15rem; }
footer { color: var(--soft); font-size: .875rem; padding-bottom: 3rem; }
@media (max-width: 46rem) {
  .scroll { border: 0; overflow: visible; }
  table, tbody, tr, th, td { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody { display: grid; gap: .6rem; }
  tbody tr { border: 1px solid var(--line); border-radius: 12px; padding: .7rem .9rem; background: var(--page); }
  tbody th, td { padding: .16rem 0; }
  tbody th { font-weight: 600; }
  td { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .75rem; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .8125rem; line-height: 1.85; }
  .n { text-align: left; white-space: normal; }
  td.n:not(:has(.bar)) { display: inline-flex; width: auto; gap: .5rem; margin-right: 1.5rem; }
  .bar { margin-left: 0; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media print { body { background: #fff; } section { break-inside: avoid-page; box-shadow: none; } nav { display: none; } }
`
