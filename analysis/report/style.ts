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
        ]
      : [
          "--link:#7cb8f5",
          "--soft:#1d2329",
          "--good:#7fdcb8",
          "--good-soft:#173229",
          "--care:#f3c674",
          "--care-soft:#3a2d12",
          "--alarm-soft:#43201d",
        ]),
  ].join(";");

export const style = `
:root{color-scheme:light dark;${colours("light")}}
@media screen and (prefers-color-scheme:dark){:root{${colours("dark")}}
${darkFigureCss(".drawing")}
}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
.page{max-width:64rem;margin:0 auto;padding:0 1.25rem 4rem}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem 1rem;z-index:1;outline:2px solid var(--link)}
a{color:var(--link)}
h1,h2,h3{line-height:1.25;text-wrap:balance}
h1{font-size:2rem;margin:2.5rem 0 .25rem}
h2{font-size:1.45rem;margin:3rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1.1rem;margin:2rem 0 .5rem}
p,ul,ol{max-width:44rem}
.lead{font-size:1.08rem}
.kicker,.note,figcaption,caption,.unit,.interval{color:var(--muted)}
.kicker{margin:0}
.note{font-size:.88rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;padding:0;margin:1.25rem 0;font-size:.95rem;max-width:none}
.findings{padding-left:0;list-style:none;max-width:none}
.findings li{border-left:4px solid var(--good);background:var(--soft);margin:.5rem 0;padding:.6rem .9rem;border-radius:0 6px 6px 0}
.findings li.caution{border-color:var(--care)}
.findings li.problem{border-color:var(--alarm)}
.findings p{margin:0;max-width:56rem}
.findings{max-width:60rem}
.further{padding-left:0;list-style:none;max-width:56rem}
.further li{padding:.35rem 0;border-bottom:1px solid var(--line)}
.further p{margin:0;max-width:none}
.further strong{font-weight:500}
.tag{display:inline-block;font-size:.74rem;font-weight:600;line-height:1.5;padding:0 .5em;border-radius:1em;white-space:nowrap;background:var(--good-soft);color:var(--good)}
.tag.caution{background:var(--care-soft);color:var(--care)}
.tag.problem{background:var(--alarm-soft);color:var(--alarm)}
.warning{border-left:4px solid var(--care);background:var(--care-soft);color:var(--care);padding:.6rem .9rem;border-radius:0 6px 6px 0}
.bad{color:var(--alarm)}
.none{color:var(--muted)}
abbr.void{font-size:.74rem;font-weight:600;text-decoration:none;color:var(--care);background:var(--care-soft);padding:0 .4em;border-radius:1em}
.scroll{overflow-x:auto;margin:1rem 0;max-width:100%}
.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;min-width:min(100%,24rem)}
caption{text-align:left;padding-bottom:.5rem;font-size:.88rem}
caption span{display:inline-block;position:sticky;left:0;max-width:min(44rem,calc(100vw - 2.5rem))}
th,td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{vertical-align:bottom;border-bottom:2px solid var(--muted);font-weight:600}
tbody th{font-weight:500;min-width:7rem}
tbody th.short{white-space:nowrap;min-width:0}
th.number,td.number{text-align:right;padding-left:.4rem}
td.number{white-space:nowrap}
td.text{min-width:5rem}
td .interval{display:block;font-size:.92em}
.unit{font-weight:400;font-size:.82rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:0 2rem;align-items:start}
figure{margin:1.75rem 0 2.25rem}
figure .scroll{margin:0}
.drawing svg[data-figure]{display:block;width:100%;min-width:620px;max-width:820px;height:auto;color:var(--ink)}
figcaption{font-size:.88rem;max-width:44rem;margin-top:.35rem}
pre{background:var(--soft);padding:.9rem;border-radius:6px;overflow-x:auto;font-size:.88rem}
code{font-family:ui-monospace,SFMono-Regular,Consolas,"Liberation Mono",monospace;font-size:.92em}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:1rem;color:var(--muted);font-size:.88rem}
@media (max-width:40rem){h1{font-size:1.6rem}body{font-size:15.5px}}
@media print{
@page{margin:16mm 14mm}
html{font-size:9.5pt}
body{font-size:1rem}
.page{max-width:none;padding:0}
nav,.skip{display:none}
a{color:inherit;text-decoration:none}
.findings a,.further a{display:none}
h2,h3{break-after:avoid}
h2{margin-top:1.5rem}
figure,tr,.findings li{break-inside:avoid}
.scroll{overflow:visible}
th,td{padding-right:.5rem}
tbody tr:first-child{break-before:avoid}
.drawing svg[data-figure]{min-width:0;max-width:100%}
caption span{max-width:none}
.findings li,.tag,abbr.void,.warning,pre{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
