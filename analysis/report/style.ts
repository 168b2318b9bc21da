/** The report's own style: readable on a phone, a laptop and paper, in light and dark. No font is loaded. */
import { darkFigureCss, inks } from "../theme.ts";

const colours = (mode: "light" | "dark"): string =>
  [
    `--ink:${inks.ink[mode]}`,
    `--muted:${inks.muted[mode]}`,
    `--line:${inks.line[mode]}`,
    `--paper:${inks.paper[mode]}`,
    `--alarm:${inks.alarm[mode]}`,
    ...(mode === "light"
      ? [
          "--link:#0b5cad",
          "--soft:#f4f6f8",
          "--good:#0a6b4b",
          "--good-soft:#e2f3ec",
          "--care:#7a4b00",
          "--care-soft:#fdf0d5",
          "--alarm-soft:#fde8e6",
          "--same:#1f4f82",
          "--same-soft:#e3eefa",
        ]
      : [
          "--link:#7cb8f5",
          "--soft:#1d2329",
          "--good:#7fdcb8",
          "--good-soft:#173229",
          "--care:#f3c674",
          "--care-soft:#3a2d12",
          "--alarm-soft:#43201d",
          "--same:#a9cdf5",
          "--same-soft:#1b2f45",
        ]),
  ].join(";");

/** Below this width the contents stand above the text, above it beside it. */
const wide = "74rem";

export const style = `
:root{color-scheme:light dark;${colours("light")}}
@media screen and (prefers-color-scheme:dark){:root{${colours("dark")}}
${darkFigureCss("svg[data-figure]")}
}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
.page{max-width:64rem;margin:0 auto;padding:0 1.25rem 4rem}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:2;outline:2px solid var(--link)}
a{color:var(--link)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
h1,h2,h3,h4{line-height:1.25;text-wrap:balance}
h1{font-size:2.1rem;letter-spacing:-.01em;margin:.25rem 0 1.25rem}
h2{font-size:1.5rem;letter-spacing:-.005em;margin:3.25rem 0 .75rem;padding-top:1.25rem;border-top:1px solid var(--line)}
h3{font-size:1.12rem;margin:2rem 0 .5rem}
h4{font-size:1rem;margin:0 0 .5rem}
p,ul,ol{max-width:46rem}
.lead{font-size:1.04rem}
.kicker,.note,figcaption,caption,.unit,.interval,.source,.why{color:var(--muted)}
.kicker{margin:2.25rem 0 0;font-size:.85rem;font-weight:600;letter-spacing:.04em;text-transform:uppercase}
.note,.source,.why{font-size:.88rem}
.source{margin:.5rem 0 0;position:sticky;left:0;width:fit-content;max-width:min(56rem,calc(100vw - 2.5rem))}
.source code{font-size:.95em}
.why{display:block;margin-top:.2rem;min-width:15rem;max-width:34rem;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,10.5rem),1fr));gap:.75rem;margin:0 0 1.5rem}
.facts div{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem}
.facts dt{font-size:.82rem;color:var(--muted)}
.facts dd{margin:0;font-size:.82rem;color:var(--muted);line-height:1.35}
.facts strong{display:block;color:var(--ink);font-size:1.55rem;line-height:1.3;font-weight:650;font-variant-numeric:tabular-nums}
nav ul{display:flex;flex-wrap:wrap;gap:.15rem .35rem;list-style:none;padding:0;margin:1.5rem 0 0;font-size:.92rem;max-width:none}
nav a{display:inline-block;padding:.28rem .65rem;border-radius:1rem;text-decoration:none;color:var(--ink);background:var(--soft);border:1px solid var(--line)}
nav a:hover{border-color:var(--link);color:var(--link)}
.findings{padding-left:0;list-style:none;max-width:60rem}
.findings li{border-left:4px solid var(--good);background:var(--soft);margin:.6rem 0;padding:.7rem 1rem;border-radius:0 8px 8px 0}
.findings li.caution{border-color:var(--care)}
.findings li.problem{border-color:var(--alarm)}
.findings p{margin:0;max-width:56rem}
.further{padding-left:0;list-style:none;max-width:60rem}
.further li{padding:.45rem 0;border-bottom:1px solid var(--line)}
.further p{margin:0;max-width:none}
.further strong{font-weight:500}
.tag{display:inline-block;font-size:.74rem;font-weight:600;line-height:1.6;padding:0 .6em;border-radius:1em;white-space:nowrap;background:var(--good-soft);color:var(--good)}
.tag.caution{background:var(--care-soft);color:var(--care)}
.tag.problem{background:var(--alarm-soft);color:var(--alarm)}
.tag.same{background:var(--same-soft);color:var(--same)}
.choice .tag{white-space:normal}
.warning{border-left:4px solid var(--care);background:var(--care-soft);color:var(--care);padding:.6rem .9rem;border-radius:0 8px 8px 0}
.bad{color:var(--alarm)}
.none{color:var(--muted)}
abbr.void{font-size:.74rem;font-weight:600;text-decoration:none;color:var(--care);background:var(--care-soft);padding:0 .4em;border-radius:1em}
.scroll{overflow-x:auto;margin:1rem 0 1.25rem;max-width:100%}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;min-width:min(100%,24rem)}
caption{text-align:left;padding-bottom:.5rem;font-size:.88rem}
caption span{display:inline-block;position:sticky;left:0;max-width:min(46rem,calc(100vw - 2.5rem))}
th,td{padding:.45rem .65rem .45rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{vertical-align:bottom;border-bottom:2px solid var(--muted);font-weight:600}
tbody th{font-weight:500;min-width:7rem}
tbody th.short{white-space:nowrap;min-width:0}
tbody tr:hover>*{background:var(--soft)}
th.number,td.number{text-align:right;padding-left:.4rem}
td.number{white-space:nowrap}
td.text{min-width:7rem}
td .interval{display:block;font-size:.92em}
.unit{font-weight:400;font-size:.82rem}
.sort{all:unset;cursor:pointer;text-align:inherit;box-sizing:border-box}
.sort:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.sort:hover{color:var(--link)}
.sort::after{content:"";display:inline-block;width:.9em;text-align:center;font-size:.75em;color:var(--link)}
[aria-sort=ascending] .sort::after{content:"\\25b2"}
[aria-sort=descending] .sort::after{content:"\\25bc"}
ul.cell{margin:0;padding:0;list-style:none;min-width:11rem;max-width:22rem}
ul.cell li+li{margin-top:.35rem}
.choices{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem}
.choice{border:1px solid var(--line);border-radius:8px;padding:.9rem 1.1rem}
.choice dl{margin:0}
.choice dt{margin-top:.6rem}
.choice dd{margin:.25rem 0 0;font-size:.92rem}
.choice ul.cell{max-width:none}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:0 2rem;align-items:start}
figure{margin:1.75rem 0 2.25rem;position:relative}
figure .scroll{margin:0}
svg[data-figure]{display:block;width:100%;height:auto;color:var(--ink)}
.drawing svg[data-figure]{min-width:620px;max-width:860px}
svg [data-tip]{cursor:default}
svg .lit{stroke:var(--ink)!important;stroke-width:2.5px!important;stroke-opacity:1!important}
figcaption{font-size:.88rem;max-width:46rem;margin-top:.35rem}
.enlarge{position:absolute;right:0;top:0;z-index:1;font:inherit;font-size:.8rem;padding:.15rem .65rem;border:1px solid var(--line);border-radius:1rem;background:var(--paper);color:var(--ink);cursor:pointer}
.enlarge:hover,.tool:hover{border-color:var(--link);color:var(--link)}
.zoom{width:calc(100vw - 2rem);height:calc(100vh - 2rem);max-width:none;max-height:none;margin:auto;padding:0;border:1px solid var(--line);border-radius:10px;background:var(--paper);color:var(--ink);overflow:hidden}
.zoom[open]{display:flex;flex-direction:column}
.zoom::backdrop{background:rgb(0 0 0/.55)}
.bar{display:flex;align-items:center;gap:.5rem;padding:.6rem 1rem;border-bottom:1px solid var(--line)}
.bar h2{flex:1;margin:0;padding:0;border:0;font-size:1.05rem;min-width:0}
.tool{font:inherit;font-size:1.15rem;line-height:1;width:2.4rem;height:2.2rem;border:1px solid var(--line);border-radius:8px;background:var(--paper);color:var(--ink);cursor:pointer}
.stage{flex:1;overflow:auto;padding:1rem}
.stage:focus-visible{outline-offset:-3px}
.stage svg[data-figure]{min-width:820px;max-width:1700px;margin:0 auto}
.tip{position:fixed;z-index:5;max-width:min(24rem,calc(100vw - 1rem));padding:.4rem .65rem;border-radius:6px;background:var(--ink);color:var(--paper);font-size:.84rem;line-height:1.4;pointer-events:none;box-shadow:0 2px 10px rgb(0 0 0/.25)}
.live-only{display:none}
.live .live-only{display:block}
pre{background:var(--soft);border:1px solid var(--line);padding:.9rem;border-radius:8px;overflow-x:auto;font-size:.88rem}
code{font-family:ui-monospace,SFMono-Regular,Consolas,"Liberation Mono",monospace;font-size:.92em}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--muted);font-size:.88rem}
@media screen and (max-width:44rem){
.stack,.stack tbody,.stack tr,.stack th,.stack td{display:block;min-width:0}
.stack thead{position:absolute;left:-99rem}
.stack tbody tr{border-bottom:1px solid var(--line);padding:.5rem 0 .9rem}
.stack tbody th{font-weight:650;font-size:1.05rem}
.stack th,.stack td{border:0;padding:.25rem 0}
.stack td::before{content:attr(data-label);display:block;color:var(--muted);font-size:.82rem}
.stack ul.cell{max-width:none}
}
@media (max-width:40rem){h1{font-size:1.6rem}h2{font-size:1.3rem}body{font-size:15.5px}.facts{grid-template-columns:1fr 1fr}.facts strong{font-size:1.3rem}.enlarge{position:static;display:block;margin:0 0 .35rem auto}}
@media screen and (min-width:${wide}){
.page{max-width:88rem;display:grid;grid-template-columns:12.5rem minmax(0,1fr);column-gap:3rem}
.page>*{grid-column:2}
.page>nav{grid-column:1;grid-row:1/span 4;position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding-top:2.4rem}
nav ul{flex-direction:column;margin:0;gap:.1rem}
nav a{display:block;background:none;border:0;border-left:2px solid var(--line);border-radius:0;padding:.3rem .8rem;color:var(--muted)}
nav a[aria-current]{border-color:var(--link);color:var(--ink);font-weight:600}
}
@media print{
@page{margin:16mm 14mm}
html{font-size:9.5pt}
body{font-size:1rem}
.page{max-width:none;padding:0}
nav,.skip,.enlarge,.tip,.zoom,.live .live-only{display:none}
a{color:inherit;text-decoration:none}
.findings a,.further a{display:none}
.kicker{margin-top:0}
h2,h3,h4,caption{break-after:avoid}
h2{margin-top:1.5rem}
figure,tr,.findings li,.choice,.facts div{break-inside:avoid}
thead{display:table-header-group}
.scroll{overflow:visible}
th,td{padding-right:.4rem}
td.text,tbody th{min-width:0}
table{font-size:.78rem;width:100%}
td.number{white-space:normal}
.tag{white-space:nowrap}
.why{min-width:0;font-size:inherit}
ul.cell{min-width:0}
tbody tr:first-child{break-before:avoid}
.drawing svg[data-figure]{min-width:0;max-width:100%}
.sort::after{content:none!important}
caption span,.source{max-width:none;position:static}
pre{white-space:pre-wrap}
.facts{grid-template-columns:repeat(4,1fr)}
.findings li,.tag,abbr.void,.warning,pre,.facts div{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
