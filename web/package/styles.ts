import { dark, light } from '../mail/styles.ts';

const variables = (of: typeof light): string =>
  `:root{${Object.entries(of)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')}}`;

const fonts = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

const text = [
  '*,::before,::after{box-sizing:border-box}',
  ':root{color-scheme:light dark}html{-webkit-text-size-adjust:100%;text-size-adjust:100%}',
  `body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.6 ${fonts};border-top:5px solid var(--brand);overflow-wrap:break-word}`,
  'h1,h2,h3,h4{line-height:1.25;text-wrap:balance;font-weight:650}',
  'h1{font-size:clamp(1.75rem,5vw,2.4rem);margin:.2em 0 .5em}h2{font-size:1.5rem;margin:0 0 .75rem}',
  'h3{font-size:1.15rem;margin:2rem 0 .75rem}h4{font-size:1rem;margin:1.25rem 0 .5rem}',
  'p{margin:0 0 .75rem;max-width:68ch}ul,ol{margin:0 0 .75rem;padding-left:1.25rem}',
  'a{color:var(--brand);text-underline-offset:.15em}a:hover{text-decoration-thickness:2px}',
  '[hidden]{display:none!important}nav{margin-bottom:1rem}',
  'search{display:block;margin:1rem 0 .25rem}search label{display:block;font-weight:600;margin-bottom:.25rem}search p{min-height:1.6em;margin:.25rem 0 0}',
  'input{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--soft);border-radius:6px;padding:.5rem .75rem;width:100%;max-width:28rem}',
  ':focus-visible{outline:3px solid var(--brand);outline-offset:2px;border-radius:2px}',
  '.soft{color:var(--soft);font-size:.925rem}.typed{white-space:pre-wrap}.lead{font-size:1.15rem}',
  '.for-readers{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}',
].join('');

const parts = [
  '.page{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}',
  '.organisation{margin:0;font-weight:600;color:var(--soft)}',
  '.part{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:1.75rem 2rem;margin:1.5rem 0}',
  '.pairs{margin:0}.pairs>div{display:grid;grid-template-columns:minmax(9rem,30%) 1fr;gap:.25rem 1.5rem;padding:.55rem 0;border-bottom:1px solid var(--line)}',
  '.pairs>div:last-child{border-bottom:0}.pairs dt{color:var(--soft)}.pairs dd{margin:0;min-width:0;unicode-bidi:isolate}',
  '.pairs dd>:last-child{margin-bottom:0}.pairs dd ul{margin-bottom:0}',
  '.state{padding:.9rem 1.15rem;border-left:4px solid var(--brand);background:var(--tint);border-radius:0 8px 8px 0}',
  '.state p{margin:0}.state-name{font-weight:650}.missing{border-color:var(--warning);background:var(--warning-tint)}',
  '.missing .state-name{color:var(--warning)}',
  'table{width:100%;border-collapse:collapse;margin:0 0 1rem}caption{text-align:left}',
  'th,td{text-align:left;vertical-align:top;padding:.6rem 1rem .6rem 0;border-bottom:1px solid var(--line)}',
  '.rows td,.pairs dd{overflow-wrap:anywhere}td{unicode-bidi:isolate}thead th{color:var(--soft);font-weight:600;font-size:.925rem}tbody th{font-weight:600}.state+p{margin-top:1rem}',
  '.cards{list-style-position:inside;padding:0}.cards>li{border:1px solid var(--line);border-radius:8px;padding:.75rem 1.15rem;margin:0 0 .75rem}',
  '.cards>li::marker{color:var(--soft);font-size:.875rem;font-weight:600}',
  '.members{margin:0;padding-left:1.1rem}.members .members{display:inline;list-style:none;padding:0;margin:0}.members .members li{display:inline}.members .members li:not(:last-child)::after{content:", "}',
  '.files{list-style:none;padding:0;margin:.75rem 0}.files li{padding:.2rem 0}',
  'details{margin:.75rem 0}summary{cursor:pointer;color:var(--brand);padding:.25rem 0}',
  '.contact{font-style:normal}.contact span{display:block}',
].join('');

// Below this width a row is a card: each cell carries its head.
const phone = [
  '@media (max-width:44rem){.page{padding:1.25rem .75rem 3rem}.part{padding:1.25rem 1.1rem}',
  '.pairs>div{grid-template-columns:1fr}',
  'table,tbody,tr,th,td{display:block}thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}',
  'tr{padding:.6rem 0;border-bottom:1px solid var(--line)}th,td{border:0;padding:.15rem 0}',
  'td::before{content:attr(data-head);display:block;color:var(--soft);font-size:.875rem}}',
].join('');

const paper = [
  '@media print{:root{color-scheme:light}body{background:#fff;border:0;font-size:10pt}.page{max-width:none;padding:0}',
  '.part{border:0;padding:0;background:none}search,nav{display:none}',
  'tr,.cards>li,.pairs>div{break-inside:avoid}h2,h3,h4{break-after:avoid}thead{display:table-header-group}}',
].join('');

const forced = '@media (forced-colors:active){.state,.part,.cards>li{border-color:CanvasText}}';

/** The whole style of the answer's pages: inlined, so that the page opens from a folder without loading anything. */
export const answerStyles = [
  variables(light),
  `@media screen and (prefers-color-scheme:dark){${variables(dark)}}`,
  text,
  parts,
  phone,
  paper,
  forced,
].join('');
