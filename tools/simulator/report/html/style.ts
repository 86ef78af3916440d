/** Calm by day and by night, one column on a phone, ink on paper. */
export const STYLE = `
:root {
  --page: #faf9f7; --card: #fff; --ink: #22201d; --quiet: #67625b; --line: #e4e0d9; --code: #f3f1ec;
  --good: #17693f; --good-soft: #dcefe3; --bad: #a3221a; --bad-soft: #fbe6e3; --idle: #6b665e; --idle-soft: #ebe8e2;
  --accent: #2a55b8; --bar: #86a6dc; --bar-soft: #bccdea; --mark: #ffe38a; --now: #ffb84d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #17181a; --card: #1f2023; --ink: #e8e6e2; --quiet: #a39f98; --line: #35363a; --code: #292a2e;
    --good: #6fcf9b; --good-soft: #1d3a2a; --bad: #ff9a8f; --bad-soft: #45211e; --idle: #b0aba3; --idle-soft: #34353a;
    --accent: #9bb8f5; --bar: #5878b8; --bar-soft: #3e547f; --mark: #6b5612; --now: #a86a00;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, p, ul, ol, dl, pre { margin: 0 0 .6rem; }
h1 { font-size: 1.6rem; line-height: 1.25; font-weight: 650; }
h2 { font-size: 1.15rem; font-weight: 650; }
h3, h4 { font-size: .95rem; font-weight: 600; }
a { color: var(--accent); text-underline-offset: .15em; }
code, pre, .lines { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .86em; }
pre { padding: .7rem .9rem; background: var(--code); border-radius: .4rem; white-space: pre-wrap; line-height: 1.45; }
ul { padding-left: 1.2rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .2rem; }
.quiet, small { color: var(--quiet); font-weight: 400; }
.quiet { font-size: .92rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .idle { color: var(--idle); }
.reason { margin: .2rem 0 0; font-size: .88rem; color: var(--quiet); }

header p { margin-bottom: .15rem; }
.status { display: inline-block; margin-bottom: .6rem; padding: .15rem .7rem; border-radius: 1rem; font-weight: 650; font-size: .9rem; letter-spacing: .03em; }
.status.good { background: var(--good-soft); } .status.bad { background: var(--bad-soft); } .status.idle { background: var(--idle-soft); }
.message { font-size: 1.1rem; }
header nav, .jump { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .9rem 0; font-size: .92rem; }
section { margin: 0 0 1rem; padding: 1rem 1.1rem .6rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.failure { border-left: .3rem solid var(--bad); } .failure.idle { border-left-color: var(--idle); color: inherit; }
.failure h2 { font-size: 1.25rem; }
.errors { list-style: none; padding: 0; color: var(--bad); font-weight: 550; }
.context { color: var(--quiet); }

summary { cursor: pointer; padding: .25rem 0; }
details > :not(summary) { margin-left: 0; }
.bars { list-style: none; padding: 0; font-size: .92rem; }
.bars li { display: grid; grid-template-columns: minmax(8rem, 19rem) 1fr 5rem; gap: 0 .8rem; align-items: center; padding: .12rem .2rem; border-radius: .3rem; position: relative; }
.bars li:hover, .bars li:focus { background: var(--code); }
.bars .name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.bars .phase .name { font-weight: 600; font-size: .86rem; } .bars .phase a { color: inherit; text-decoration: none; } .bars .phase a:hover { text-decoration: underline; }
.bars .command .name { padding-left: 1.1rem; color: var(--quiet); }
.bars .time { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars .brief .time { color: var(--quiet); }
.bars .mark { color: var(--bad); }
.track { position: relative; height: .85rem; background: var(--idle-soft); border-radius: .2rem; overflow: hidden; }
.command .track { height: .45rem; background: none; }
.track i { position: absolute; top: 0; bottom: 0; min-width: 2px; border-radius: .2rem; background: var(--bar); }
.command .track i { background: var(--bar-soft); }
.bars .bad .track i { background: var(--bad); } .bars .bad { color: inherit; }
.told { display: none; grid-column: 1 / -1; color: var(--quiet); font-size: .86rem; padding-left: 1.1rem; }
.bars li:hover .told, .bars li:focus .told, .bars li:focus-within .told { display: block; }
.bars li:hover .name, .bars li:focus .name { white-space: normal; }

.tests { list-style: none; padding: 0; }
.tests li { display: grid; grid-template-columns: minmax(8rem, 14rem) minmax(10rem, 1fr) 12rem; gap: 0 1rem; align-items: center; padding: .15rem 0; color: inherit; }
.tests .bad span:not(.shares) { color: var(--bad); font-weight: 600; }
.shares { display: flex; gap: 2px; height: .6rem; border-radius: .3rem; overflow: hidden; }
.shares i { background: var(--good); min-width: 3px; } .shares .bad { background: var(--bad); } .shares .idle { background: var(--line); }

.chain { list-style: none; padding: 0; display: grid; grid-template-columns: 7rem 1.3fr 1.3fr 1.2fr; gap: 1.9rem; margin-bottom: .9rem; font-size: .92rem; }
.chain li { position: relative; display: flex; flex-direction: column; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: .5rem; color: inherit; }
.chain li + li::before { content: '→'; position: absolute; left: -1.5rem; top: calc(50% - .75em); color: var(--quiet); }
.chain .good .verdict { color: var(--good); } .chain .bad .verdict { color: var(--bad); } .chain .verdict { font-weight: 600; font-size: .86rem; }

table { width: 100%; border-collapse: collapse; font-size: .9rem; margin-bottom: .6rem; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .84rem; }
th, td { padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.filters { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; margin-bottom: .6rem; font-size: .92rem; }
select, input, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet); border-radius: .35rem; padding: .25rem .5rem; }
.principal > summary { font-weight: 550; } .counts { font-weight: 400; color: var(--quiet); white-space: nowrap; }
.principal :is(th, td):not(:nth-child(2)) { width: 1px; white-space: nowrap; }
.principal td:nth-child(4) { font-variant-numeric: tabular-nums; }
tr.denied td:last-child { color: var(--bad); font-weight: 650; } tr.allowed td:last-child { color: var(--quiet); }

dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; } dd { margin: 0; }
.tree { list-style: none; padding-left: 0; font-size: .92rem; } .tree .tree { padding-left: 1.4rem; margin: 0; } .tree li:not(:has(details)) { padding-left: 1.05rem; }

.search { position: sticky; top: 0; z-index: 2; display: flex; gap: .4rem; align-items: center; padding: .4rem 0; background: var(--card); }
.search[hidden] { display: none; }
.search input { flex: 1; min-width: 0; } .search output { min-width: 5.5rem; text-align: right; font-size: .86rem; color: var(--quiet); } .search button { min-width: 2.4rem; }
.log summary { font-weight: 600; font-size: .86rem; }
.lines { background: var(--code); border-radius: .4rem; padding: .5rem 0; line-height: 1.5; }
.lines div { display: flex; content-visibility: auto; contain-intrinsic-size: auto 1.5em; }
.lines a { flex: 0 0 4.2rem; padding-right: .8rem; text-align: right; color: var(--quiet); text-decoration: none; user-select: none; }
.lines span { flex: 1; min-width: 0; padding-right: .6rem; white-space: pre-wrap; }
.lines .container span { color: var(--quiet); } .lines .run span { font-weight: 650; } .lines .bad span { color: var(--bad); font-weight: 650; }
.lines div:target { background: var(--mark); }
mark { background: var(--mark); color: inherit; } mark.now { background: var(--now); }
.cut { padding: .4rem .7rem; border: 1px dashed var(--quiet); border-radius: .4rem; font-size: .9rem; color: var(--quiet); }

@media (max-width: 46rem) {
  body { padding: 1rem .6rem 3rem; }
  h1 { font-size: 1.35rem; }
  section { padding: .8rem .8rem .4rem; }
  .bars li { grid-template-columns: 1fr auto; } .bars .track { grid-column: 1 / -1; grid-row: 2; }
  .bars .command .track { margin-left: 1.1rem; }
  .tests li { grid-template-columns: 1fr; padding-bottom: .5rem; }
  .chain { grid-template-columns: 1fr; gap: 1.4rem; }
  .chain li + li::before { content: '↓'; left: 1rem; top: -1.45rem; }
  thead { display: none; }
  tr { display: flex; flex-wrap: wrap; gap: 0 .8rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: 0; } .principal td:nth-child(n) { width: auto; white-space: normal; } td:first-child, .principal td:nth-child(2) { flex: 1 0 100%; }
  .principal td:nth-child(2) { color: var(--quiet); } .principal td:nth-child(4)::before { content: '×'; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; }
  .lines a { flex-basis: 2.9rem; padding-right: .5rem; }
}
@media print {
  :root { --page: #fff; --card: #fff; --ink: #000; --quiet: #444; --line: #bbb; --code: #f4f4f4; --good: #0b5a30; --bad: #8f1710; --accent: #000;
    --bar: #777; --bar-soft: #aaa; --idle: #444; --idle-soft: #eee; --good-soft: #fff; --bad-soft: #fff; --mark: #fff; --now: #fff; }
  body { max-width: none; padding: 0 1px; font-size: 9.5pt; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .5rem 0 0; }
  .failure { border: 1px solid var(--bad); padding: .5rem; }
  .status { border: 1px solid; padding: 0 .5rem; }
  i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  header nav, .jump, .filters, .search { display: none !important; }
  h2, h3, summary { break-after: avoid; } .chain, tr, .bars li, .denial { break-inside: avoid; }
  /* Paper cannot be clicked. Calls, policies and log are the exception: only what stands open is worth its pages. */
  details:not(.log details, #policy details, .principal)::details-content { content-visibility: visible; height: auto; }
  :is(.log details, #policy details, .principal):not([open]) > summary::after { content: ' (not printed)'; font-weight: 400; }
  .lines div { content-visibility: visible; }
}
`;
