/** Colours of the mails and of the answer's start page: text keeps a contrast of 4.5 on its ground, in both schemes. */
export const light = {
  ground: '#f3f5f7',
  paper: '#ffffff',
  ink: '#1b2026',
  soft: '#56606c',
  line: '#dde2e7',
  brand: '#0b5c8a',
  on: '#ffffff',
  tint: '#eef5fa',
  warning: '#7a4a00',
  'warning-tint': '#fff5e0',
};
export const dark: typeof light = {
  ground: '#0f1216',
  paper: '#171b21',
  ink: '#e9ecf0',
  soft: '#a9b2bd',
  line: '#2d343d',
  brand: '#7cc0e8',
  on: '#0f1216',
  tint: '#16242e',
  warning: '#f2c063',
  'warning-tint': '#2d2413',
};

const fonts = '"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

// Mail programs know no custom properties: each colour is written out, once for either scheme.
const colours = (of: typeof light): string =>
  [
    `body,.ground{background-color:${of.ground}}`,
    `.paper{background-color:${of.paper};border-color:${of.line}}`,
    `.paper,.facts th,.facts td,.name{color:${of.ink}}`,
    `.soft,.facts th,.foot p{color:${of.soft}}`,
    `.facts th,.facts td{border-color:${of.line}}`,
    `a{color:${of.brand}}.bar{background-color:${of.brand}}`,
    `.button-cell{background-color:${of.brand}}.button-cell a{color:${of.on}}`,
    `.code,.note{background-color:${of.tint};border-color:${of.brand}}`,
    `.warning{background-color:${of['warning-tint']};border-color:${of.warning}}.warning .note-title{color:${of.warning}}`,
  ].join('');

const shape = [
  ':root{color-scheme:light dark;supported-color-schemes:light dark}',
  `body{margin:0;padding:0;font-family:${fonts};font-size:16px;line-height:1.55;-webkit-text-size-adjust:100%}`,
  'table{border-collapse:collapse;border-spacing:0}',
  '.ground{width:100%}.ground-cell{padding:24px 12px;text-align:center}',
  '.column{width:600px;max-width:100%;margin:0 auto;text-align:left}',
  '.name{margin:0;padding:0 4px 14px;font-weight:600}',
  '.bar{height:4px;font-size:0;line-height:0;padding:0}',
  '.paper{padding:32px 36px 28px;border:1px solid;border-top:0}',
  'h1{margin:0 0 16px;font-size:26px;line-height:1.25;font-weight:650}',
  'h2{margin:28px 0 8px;font-size:18px;line-height:1.35;font-weight:650}',
  'p{margin:0 0 16px}.lead{font-size:18px;font-weight:600}.soft{font-size:14px}',
  'ol,ul{margin:0 0 18px;padding-left:24px}li{margin:0 0 6px}',
  '.facts{width:100%;margin:4px 0 20px}.facts th,.facts td{padding:9px 0;border-bottom:1px solid;text-align:left;vertical-align:top}',
  '.facts th{width:42%;padding-right:16px;font-weight:400}.facts td{font-weight:600;overflow-wrap:anywhere}',
  '.button{margin:24px 0 10px}.button-cell{border-radius:8px}',
  '.button-cell a{display:inline-block;padding:13px 24px;font-weight:600;font-size:17px;text-decoration:none}',
  '.address{overflow-wrap:anywhere;word-break:break-word}',
  '.code{margin:8px 0 20px;padding:16px 20px;border:1px solid;border-radius:8px;text-align:center}',
  '.code p{margin:0}.code .sign{font-family:Consolas,Menlo,monospace;font-size:30px;letter-spacing:5px;font-weight:700}',
  '.note{margin:20px 0;padding:14px 18px;border-left:4px solid}.note p{margin:0}.note .note-title{font-weight:650}',
  '.foot{padding:18px 4px 0}.foot p{margin:0 0 4px;font-size:13px;line-height:1.5}',
  '.preview{display:none;max-height:0;overflow:hidden;opacity:0}',
  '@media (max-width:640px){.column{width:100%}.ground-cell{padding:16px 8px}.paper{padding:24px 18px 20px}h1{font-size:23px}}',
].join('');

/** The style sheet in the head of every mail: mail programs that drop it still show plain, readable HTML. */
export const mailStyles = `${shape}${colours(light)}@media (prefers-color-scheme:dark){${colours(dark)}}`;
